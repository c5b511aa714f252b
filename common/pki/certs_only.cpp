#include "common/pki/certs_only.hpp"

#include "common/pki/certificate_info.hpp"
#include "common/pki/der.hpp"
#include "common/pki/oids.hpp"

#include <algorithm>
#include <optional>

namespace sallyport {
namespace {

auto malformed() {
  return fail(PkiError{PkiProblem::Malformed, "this is not a PKCS#7 message of certificates only, in DER form"});
}

bool is_oid(const std::optional<der::Element>& element, std::string_view wanted) {
  return element && as_text(element->content) == wanted;
}

/// The contents of SignedData (RFC 5652 section 5.1).
std::optional<Bytes> signed_data_of(Bytes message) {
  const auto whole = der::only(message, der::Sequence);
  if (!whole) return std::nullopt;
  der::Reader reader{whole->content};
  if (!is_oid(reader.next(der::Oid), oids::kPkcs7SignedData)) return std::nullopt;
  const auto content = reader.next(der::constructed(0));
  if (!content || !reader.empty()) return std::nullopt;
  const auto signed_data = der::only(content->content, der::Sequence);
  return signed_data ? std::optional{signed_data->content} : std::nullopt;
}

/// False when something is encapsulated.
bool takes_empty_content(der::Reader& reader) {
  const auto content = reader.next(der::Sequence);
  if (!content) return false;
  der::Reader inside{content->content};
  return is_oid(inside.next(der::Oid), oids::kPkcs7Data) && inside.empty();
}

std::optional<Bytes> certificates_of(Bytes signed_data) {
  der::Reader reader{signed_data};
  const auto version = reader.next(der::Integer);
  if (!version || der::small_integer(version->content) != 1U) return std::nullopt;
  const auto algorithms = reader.next(der::Set);
  if (!algorithms || !algorithms->content.empty() || !takes_empty_content(reader)) return std::nullopt;
  const auto certificates = reader.next(der::constructed(0));
  if (!certificates) return std::nullopt;
  if (reader.peek() == der::constructed(1) && !reader.next()) return std::nullopt;
  const auto signers = reader.next(der::Set);
  if (!signers || !signers->content.empty() || !reader.empty()) return std::nullopt;
  return certificates->content;
}

}  // namespace

ByteBuffer encode_certs_only(std::span<const ByteBuffer> certificates) {
  // DER wants the elements of a SET in the order of their octets (X.690 section 11.6).
  std::vector<ByteBuffer> sorted{certificates.begin(), certificates.end()};
  std::sort(sorted.begin(), sorted.end());
  ByteBuffer set;
  for (const auto& certificate : sorted) append(set, certificate);
  const auto nothing = der::wrap(der::Set, {});
  const auto signed_data = der::sequence({der::integer(1), nothing, der::sequence({der::oid(oids::kPkcs7Data)}),
                                          der::wrap(der::constructed(0), set), nothing});
  return der::sequence({der::oid(oids::kPkcs7SignedData), der::wrap(der::constructed(0), signed_data)});
}

Result<std::vector<ByteBuffer>, PkiError> parse_certs_only(Bytes der) {
  if (der.size() > kMaxCertsOnly) return malformed();
  const auto signed_data = signed_data_of(der);
  const auto set = signed_data ? certificates_of(*signed_data) : std::nullopt;
  if (!set) return malformed();
  std::vector<ByteBuffer> certificates;
  der::Reader reader{*set};
  while (!reader.empty()) {
    const auto certificate = reader.next(der::Sequence);
    if (!certificate || certificates.size() == kMaxCertificatesInFile) return malformed();
    certificates.emplace_back(certificate->whole.begin(), certificate->whole.end());
  }
  if (certificates.empty()) return malformed();
  return certificates;
}

}  // namespace sallyport
