#include "tests/support/test_pki.hpp"

#include "common/pki/certificate_builder.hpp"
#include "common/pki/distinguished_name.hpp"
#include "common/pki/pem.hpp"
#include "common/pki/random.hpp"

#include <cstdio>
#include <cstdlib>

namespace sallyport {
namespace {

/// Helpers have no way on when minting fails: say why and stop the test program.
template <class T, class E>
T must(Result<T, E> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "test PKI: %s\n", to_string(result.error()).c_str());
  std::abort();
}

LeafWishes good_device(WallTime now) {
  LeafWishes wishes;
  wishes.uris = {"spiffe://example.com/device/laptop"};
  wishes.emails = {"ana@example.com"};
  wishes.usage = KeyUsage{.digital_signature = true};
  wishes.purposes = ExtendedKeyUsage{.client_auth = true};
  wishes.not_before = now - std::chrono::hours{1};
  wishes.not_after = now + std::chrono::days{30};
  return wishes;
}

std::vector<ByteBuffer> extensions_for(const LeafWishes& wishes) {
  std::vector<ByteBuffer> extensions{basic_constraints(wishes.is_ca)};
  if (wishes.usage) extensions.push_back(key_usage(*wishes.usage));
  if (wishes.purposes) extensions.push_back(extended_key_usage(*wishes.purposes));
  const AlternativeNames names{wishes.uris, wishes.emails, wishes.dns_names, {}};
  if (!names.uris.empty() || !names.emails.empty() || !names.dns_names.empty()) {
    extensions.push_back(alternative_names(names));
  }
  extensions.insert(extensions.end(), wishes.more_extensions.begin(), wishes.more_extensions.end());
  return extensions;
}

}  // namespace

WallTime wall_now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

std::shared_ptr<const Credentials> TestIdentity::credentials() const {
  return std::make_shared<const Credentials>(must(Credentials::make(certificate_pem, key.clone())));
}

TestPki::TestPki(WallTime now, std::string trust_domain, std::string name)
    : now_{now}, authority_{must(CertificateAuthority::create({std::move(name), std::move(trust_domain)}, now))} {}

TestIdentity TestPki::device(const std::string& id, const std::string& user, KeyKind kind) const {
  PrivateKey key = must(PrivateKey::generate(kind));
  auto issued = must(authority_.issue_device(key.public_key(), {DeviceId{id}, UserId{user}, trust_domain()}, now_));
  return {std::move(issued.pem), std::move(key), std::move(issued.info)};
}

TestIdentity TestPki::gateway(const std::string& name) const {
  PrivateKey key = must(PrivateKey::generate(KeyKind::P256));
  auto issued = must(authority_.issue_gateway(key.public_key(), {name, {}}, now_));
  return {std::move(issued.pem), std::move(key), std::move(issued.info)};
}

TestIdentity TestPki::mint(const std::function<void(LeafWishes&)>& change) const {
  LeafWishes wishes = good_device(now_);
  change(wishes);
  PrivateKey key = must(PrivateKey::generate(wishes.key_kind));
  ByteBuffer serial(16);
  if (!fill_random(serial)) std::abort();
  const CertificateDraft draft{std::move(serial),
                               authority_.certificate().subject_der,
                               encode_common_name(wishes.common_name),
                               wishes.not_before,
                               wishes.not_after,
                               key.public_key(),
                               extensions_for(wishes)};
  const ByteBuffer der = must(sign_certificate(draft, authority_.key()));
  return {to_pem("CERTIFICATE", der), std::move(key), must(CertificateInfo::parse(der))};
}

std::string TestPki::crl(const std::vector<std::string>& revoked, std::uint64_t number) const {
  std::vector<RevokedSerial> entries;
  entries.reserve(revoked.size());
  for (const std::string& serial : revoked) entries.push_back({serial, now_});
  return must(authority_.issue_crl(entries, number, now_, now_ + std::chrono::days{30}));
}

std::shared_ptr<const TrustBundle> TestPki::trust(std::optional<std::string> crl_pem) const {
  return must(TrustBundle::load({authority_.certificate_pem(), crl_pem ? *crl_pem : crl(), true, {}}, now_));
}

std::shared_ptr<const TrustBundle> TestPki::client_trust() const {
  return must(TrustBundle::load({authority_.certificate_pem(), std::nullopt, false, {}}, now_));
}

ServerContext TestPki::server(std::shared_ptr<const TrustBundle> trust_bundle) const {
  return must(
      ServerContext::make(trust_bundle ? std::move(trust_bundle) : trust(), gateway().credentials(), trust_domain()));
}

ClientContext TestPki::client(const TestIdentity& identity) const {
  return must(ClientContext::make(client_trust(), identity.credentials()));
}

}  // namespace sallyport
