#include "common/pki/revocation_list.hpp"

#include "common/base/hex.hpp"
#include "common/pki/algorithm.hpp"
#include "common/pki/certificate_extensions.hpp"
#include "common/pki/der.hpp"
#include "common/pki/distinguished_name.hpp"
#include "common/pki/oids.hpp"
#include "common/pki/pem.hpp"

#include <algorithm>
#include <optional>

namespace sallyport {
namespace {

constexpr std::size_t kMaxEntries = 1U << 18U;

auto malformed(const char* what) {
  return fail(PkiError{PkiProblem::Malformed, std::string{"the revocation list is damaged: "} + what});
}

auto unsupported(const char* what) {
  return fail(PkiError{PkiProblem::Unsupported, std::string{"the revocation list "} + what});
}

std::optional<std::string> serial_of(const std::optional<der::Element>& element) {
  const auto octets = element ? der::unsigned_integer(element->content) : std::nullopt;
  if (!octets || octets->size() > 20) return std::nullopt;
  return to_hex(*octets);
}

/// One revokedCertificates entry. Its extensions must not be critical: a certificateIssuer would change its meaning.
bool take_entry(const der::Element& entry, std::vector<std::string>& serials) {
  der::Reader reader{entry.content};
  auto serial = serial_of(reader.next(der::Integer));
  const auto date = reader.next();
  if (!serial || !date || !der::time(*date)) return false;
  if (!reader.empty()) {
    const auto extensions = reader.next(der::Sequence);
    const bool is_plain = extensions && for_each_extension(extensions->whole, [](const Extension& extension) {
                            return !extension.is_critical;
                          });
    if (!is_plain || !reader.empty()) return false;
  }
  serials.push_back(std::move(*serial));
  return true;
}

bool take_entries(der::Reader& reader, std::vector<std::string>& serials) {
  const auto list = reader.next(der::Sequence);
  if (!list) return true;
  der::Reader entries{list->content};
  while (!entries.empty()) {
    const auto entry = entries.next(der::Sequence);
    if (!entry || serials.size() >= kMaxEntries || !take_entry(*entry, serials)) return false;
  }
  std::sort(serials.begin(), serials.end());
  return true;
}

struct ListExtensions {
  std::optional<std::uint64_t> number;
  bool has_unknown_critical = false;
};

std::optional<ListExtensions> read_list_extensions(Bytes sequence) {
  ListExtensions found;
  const bool is_well_formed = for_each_extension(sequence, [&found](const Extension& extension) {
    if (as_text(extension.oid) == oids::kAuthorityKeyId) return read_authority_key_id(extension.value).has_value();
    if (as_text(extension.oid) == oids::kCrlNumber) {
      const auto number = der::only(extension.value, der::Integer);
      found.number = number ? der::small_integer(number->content) : std::nullopt;
      return found.number.has_value();
    }
    found.has_unknown_critical |= extension.is_critical;
    return true;
  });
  return is_well_formed ? std::optional{found} : std::nullopt;
}

std::optional<WallTime> take_time(der::Reader& reader) {
  const auto element = reader.next();
  return element ? der::time(*element) : std::nullopt;
}

}  // namespace

Result<RevocationList, PkiError> RevocationList::parse(Bytes der) {
  if (der.size() > kMaxRevocationList) return malformed("too large");
  const auto object = parse_signed_object(der);
  const auto tbs = object ? der::only(object->tbs, der::Sequence) : std::nullopt;
  if (!tbs) return malformed("not DER");
  der::Reader reader{tbs->content};
  const auto version = reader.next(der::Integer);
  if (!version || der::small_integer(version->content) != 1U) return unsupported("is not version 2");
  const auto algorithm = reader.next(der::Sequence);
  if (!algorithm || !std::ranges::equal(algorithm->whole, object->algorithm_der)) return malformed("algorithm");

  RevocationList list;
  const auto issuer = reader.next(der::Sequence);
  if (!issuer || !describe_name(issuer->whole)) return malformed("issuer");
  list.issuer_der_.assign(issuer->whole.begin(), issuer->whole.end());
  const auto this_update = take_time(reader);
  if (!this_update) return malformed("date of issue");
  const auto next_update = take_time(reader);
  if (!next_update) return unsupported("does not say when the next one is due");
  list.this_update_ = *this_update;
  list.next_update_ = *next_update;
  if (!take_entries(reader, list.serials_)) return malformed("entries");

  const auto wrapper = reader.next(der::constructed(0));
  if (!wrapper || !reader.empty()) return unsupported("has no number");
  const auto extensions = read_list_extensions(wrapper->content);
  if (!extensions) return malformed("extensions");
  if (extensions->has_unknown_critical) return unsupported("is a delta or indirect list, or has a critical extension");
  if (!extensions->number) return unsupported("has no number");
  list.number_ = *extensions->number;
  list.der_.assign(der.begin(), der.end());
  return list;
}

bool RevocationList::contains(std::string_view serial_hex) const noexcept {
  return std::binary_search(serials_.begin(), serials_.end(), serial_hex);
}

bool RevocationList::is_signed_by(const PublicKey& issuer_key) const {
  const auto object = parse_signed_object(der_);
  return object && issuer_key.verify(object->algorithm, object->tbs, object->signature);
}

Result<std::vector<RevocationList>, PkiError> parse_revocation_lists(std::string_view pem) {
  const auto blocks = from_pem("X509 CRL", pem);
  if (!blocks) return fail(blocks.error());
  std::vector<RevocationList> lists;
  for (const ByteBuffer& block : *blocks) {
    auto list = RevocationList::parse(block);
    if (!list) {
      const auto place = blocks->size() == 1 ? std::string{} : "block " + std::to_string(lists.size() + 1) + ": ";
      return fail(PkiError{list.error().problem, place + list.error().words});
    }
    lists.push_back(std::move(*list));
  }
  return lists;
}

namespace {

/// What comes before it in a list: the version, if there is one, and the algorithm.
ByteBuffer issuer_in(Bytes der) {
  der::Reader whole{der};
  const auto outer = whole.next(der::Sequence);
  der::Reader object{outer ? outer->content : Bytes{}};
  const auto tbs = object.next(der::Sequence);
  der::Reader reader{tbs ? tbs->content : Bytes{}};
  (void)reader.next(der::Integer);
  const auto algorithm = reader.next(der::Sequence);
  const auto issuer = algorithm ? reader.next(der::Sequence) : std::nullopt;
  if (!issuer || !describe_name(issuer->whole)) return {};
  return {issuer->whole.begin(), issuer->whole.end()};
}

/// `is_whole`: nothing more of it is to come.
void take_block(const std::optional<ByteBuffer>& content, bool is_whole, std::size_t place, ReadLists& read) {
  auto list = content ? RevocationList::parse(*content) : malformed("not PEM");
  if (list)
    read.lists.push_back(std::move(*list));
  else
    read.unread.push_back({place, std::move(list.error()), content ? issuer_in(*content) : ByteBuffer{}, is_whole});
}

/// Octets behind it, or a length that no list has, are no list that is being written.
bool is_being_written(Bytes der) noexcept {
  const auto missing = der::missing(der);
  return missing != 0 && der.size() + missing <= kMaxRevocationList;
}

}  // namespace

Result<ReadLists, PkiError> read_revocation_lists(std::string_view content) {
  constexpr char kDerSequence = '\x30';
  ReadLists read;
  if (!content.empty() && content.front() == kDerSequence) {
    const Bytes der = as_bytes(content);
    take_block(ByteBuffer{der.begin(), der.end()}, !is_being_written(der), 1, read);
    return read;
  }
  const auto blocks = pem_blocks("X509 CRL", content, kMaxOfferedLists + 1);
  if (blocks.empty()) return fail(PkiError{PkiProblem::Malformed, "this is no revocation list, neither PEM nor DER"});
  if (blocks.size() > kMaxOfferedLists)
    return fail(PkiError{PkiProblem::Malformed, "more than 64 revocation lists in one place"});
  // One that another follows is not being written any more.
  for (std::size_t i = 0; i < blocks.size(); ++i)
    take_block(blocks[i].content, blocks[i].is_ended || i + 1 < blocks.size(), i + 1, read);
  return read;
}

}  // namespace sallyport
