// What a gateway says of authorities decides whom a laptop trusts, and what a laptop says of its own ends up in records
// and on an administrator's screen. The first octet chooses the reader.

#include "client/enrolment/authority_file.hpp"
#include "common/pki/succession.hpp"
#include "common/wire/capsule.hpp"
#include "tests/support/succession.hpp"

#include <cstdlib>

namespace {

using namespace sallyport;

void require(bool holds) {
  if (!holds) std::abort();
}

Bytes value_of(const ByteBuffer& stream, CapsuleReader& reader) {
  reader.feed(stream);
  const auto capsule = reader.next();
  require(capsule && *capsule && (*capsule)->type == CapsuleType::Authorities);
  return (*capsule)->payload;
}

/// An authority that a laptop trusts, and a gateway's certificate of it.
struct Laptop {
  CertificateAuthority authority = make_authority("old");
  std::string ca_pem = authority.certificate_pem();
  CertificateInfo gateway =
      authority.issue_gateway(PrivateKey::generate(KeyKind::P256)->public_key(), {"vpn.example.com", {}}, wall_now())
          ->info;
};

/// Nothing that the authority did not sign gets in, and what vouches for the gateway stays.
void check_change(const AuthorityAnnouncement& announcement) {
  static const Laptop laptop;
  const auto change = change_authorities(laptop.ca_pem, laptop.gateway, announcement, wall_now());
  require(!change.pem && change.added.empty() && change.removed.empty());
  require(change.report.has == std::vector<std::string>{name_of(laptop.authority)});
}

void check_announcement(Bytes input) {
  const auto read = parse_authority_announcement(input);
  if (!read) return;
  require(read->next.size() <= kMaxNextAuthorities && read->retired.size() <= kMaxRetiredAuthorities);
  check_change(*read);
  ByteBuffer stream;
  append_authority_announcement(stream, *read);
  if (stream.size() > kMaxCapsuleValue) return;
  CapsuleReader reader;
  const auto again = parse_authority_announcement(value_of(stream, reader));
  require(again && *again == *read);
}

void check_report(Bytes input) {
  const auto read = parse_authority_report(input);
  if (!read) return;
  require(read->has.size() <= kMaxHeldAuthorities && read->problem.size() <= 32);
  for (const auto& name : read->has) require(is_fingerprint(name));
  ByteBuffer stream;
  append_authority_report(stream, *read);
  CapsuleReader reader;
  const auto again = parse_authority_report(value_of(stream, reader));
  require(again && *again == *read);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = std::as_bytes(std::span{data, size});
  if (input.empty()) return 0;
  if (std::to_integer<unsigned>(input[0]) % 2 == 0)
    check_announcement(input.subspan(1));
  else
    check_report(input.subspan(1));
  return 0;
}
