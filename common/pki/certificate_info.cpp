#include "common/pki/certificate_info.hpp"

#include "common/base/hex.hpp"
#include "common/pki/algorithm.hpp"
#include "common/pki/certificate_extensions.hpp"
#include "common/pki/der.hpp"
#include "common/pki/distinguished_name.hpp"
#include "common/pki/pem.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kMaxSerial = 20;  // RFC 5280 4.1.2.2

auto malformed(const char* what) {
  return fail(PkiError{PkiProblem::Malformed, std::string{"the certificate is damaged: "} + what});
}

bool take_serial(der::Reader& reader, CertificateInfo& info) {
  const auto element = reader.next(der::Integer);
  const auto octets = element ? der::unsigned_integer(element->content) : std::nullopt;
  if (!octets || octets->size() > kMaxSerial || (octets->size() == 1 && (*octets)[0] == std::byte{0})) return false;
  info.serial_hex = to_hex(*octets);
  return true;
}

bool take_name(der::Reader& reader, ByteBuffer& der, std::string& words) {
  const auto name = reader.next(der::Sequence);
  auto text = name ? describe_name(name->whole) : std::nullopt;
  if (!text) return false;
  der.assign(name->whole.begin(), name->whole.end());
  words = std::move(*text);
  return true;
}

bool take_validity(der::Reader& reader, CertificateInfo& info) {
  const auto validity = reader.next(der::Sequence);
  if (!validity) return false;
  der::Reader dates{validity->content};
  const auto before = dates.next();
  const auto after = dates.next();
  if (!before || !after || !dates.empty()) return false;
  const auto from = der::time(*before);
  const auto until = der::time(*after);
  if (!from || !until) return false;
  info.not_before = *from;
  info.not_after = *until;
  return true;
}

bool take_version(der::Reader& reader) {
  const auto version = reader.next(der::constructed(0));
  const auto number = version ? der::only(version->content, der::Integer) : std::nullopt;
  return number && der::small_integer(number->content) == 2U;
}

bool take_extensions(der::Reader& reader, CertificateInfo& info) {
  // issuerUniqueID and subjectUniqueID: nobody uses them, and we do not either.
  (void)reader.next(der::context(1));
  (void)reader.next(der::context(2));
  if (reader.empty()) return true;
  const auto extensions = reader.next(der::constructed(3));
  return extensions && reader.empty() && read_certificate_extensions(extensions->content, info);
}

Result<CertificateInfo, PkiError> parse_tbs(const SignedObject& object) {
  CertificateInfo info;
  info.signature_algorithm = object.algorithm;
  const auto tbs = der::only(object.tbs, der::Sequence);
  if (!tbs) return malformed("body");
  der::Reader reader{tbs->content};
  if (!take_version(reader)) return fail(PkiError{PkiProblem::Unsupported, "the certificate is not X.509 version 3"});
  if (!take_serial(reader, info)) return malformed("serial number");
  const auto algorithm = reader.next(der::Sequence);
  if (!algorithm || !std::ranges::equal(algorithm->whole, object.algorithm_der)) return malformed("algorithm");
  if (!take_name(reader, info.issuer_der, info.issuer)) return malformed("issuer");
  if (!take_validity(reader, info)) return malformed("dates");
  if (!take_name(reader, info.subject_der, info.subject)) return malformed("subject");
  const auto spki = reader.next(der::Sequence);
  if (!spki) return malformed("public key");
  auto key = PublicKey::parse(spki->whole);
  if (!key) return fail(key.error());
  info.key = std::move(*key);
  if (!take_extensions(reader, info)) return malformed("extensions");
  return info;
}

}  // namespace

Result<CertificateInfo, PkiError> CertificateInfo::parse(Bytes der) {
  if (der.size() > kMaxCertificate) return malformed("too large");
  const auto object = parse_signed_object(der);
  if (!object) return malformed("not DER");
  auto info = parse_tbs(*object);
  if (info) info->der.assign(der.begin(), der.end());
  return info;
}

bool CertificateInfo::is_signed_by(const PublicKey& issuer_key, GoodSignatures* good) const {
  const auto object = parse_signed_object(der);
  return object && issuer_key.verify(object->algorithm, object->tbs, object->signature, good);
}

Result<std::vector<CertificateInfo>, PkiError> parse_certificates(std::string_view pem) {
  auto blocks = from_pem("CERTIFICATE", pem);
  if (!blocks) return fail(blocks.error());
  if (blocks->empty()) return fail(PkiError{PkiProblem::Malformed, "no certificate in PEM form was found"});
  if (blocks->size() > kMaxCertificatesInFile) {
    return fail(PkiError{PkiProblem::Malformed, "more than 16 certificates in one file"});
  }
  std::vector<CertificateInfo> certificates;
  for (const ByteBuffer& block : *blocks) {
    auto certificate = CertificateInfo::parse(block);
    if (!certificate) return fail(certificate.error());
    certificates.push_back(std::move(*certificate));
  }
  return certificates;
}

}  // namespace sallyport
