#include "common/pki/csr.hpp"

#include "common/pki/algorithm.hpp"
#include "common/pki/certificate_builder.hpp"
#include "common/pki/der.hpp"
#include "common/pki/distinguished_name.hpp"
#include "common/pki/pem.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kMaxCsr = 16U << 10U;
constexpr std::string_view kLabel = "CERTIFICATE REQUEST";

auto malformed() {
  return fail(PkiError{PkiProblem::Malformed, "this is not a certificate request (PKCS#10) in PEM or DER form"});
}

Result<ByteBuffer, PkiError> to_der(Bytes pem_or_der) {
  if (pem_or_der.size() > kMaxCsr) return malformed();
  if (!pem_or_der.empty() && std::to_integer<std::uint8_t>(pem_or_der[0]) == der::Sequence) {
    return ByteBuffer{pem_or_der.begin(), pem_or_der.end()};
  }
  auto blocks = from_pem(kLabel, as_text(pem_or_der));
  if (!blocks) return fail(blocks.error());
  if (blocks->size() != 1) return malformed();
  return std::move(blocks->front());
}

Result<Csr, PkiError> parse_info(Bytes tbs) {
  const auto info = der::only(tbs, der::Sequence);
  if (!info) return malformed();
  der::Reader reader{info->content};
  const auto version = reader.next(der::Integer);
  const auto subject = reader.next(der::Sequence);
  const auto spki = reader.next(der::Sequence);
  if (!version || der::small_integer(version->content) != 0U || !subject || !spki) return malformed();
  if (!describe_name(subject->whole)) return malformed();
  auto key = PublicKey::parse(spki->whole);
  if (!key) return fail(key.error());
  return Csr{std::move(*key), common_name_of(subject->whole)};
}

}  // namespace

Result<Csr, PkiError> Csr::parse(Bytes pem_or_der) {
  const auto der = to_der(pem_or_der);
  if (!der) return fail(der.error());
  const auto object = parse_signed_object(*der);
  if (!object) return malformed();
  auto csr = parse_info(object->tbs);
  if (!csr) return csr;
  if (!csr->key.is_acceptable() || !csr->key.is_sound()) {
    return fail(PkiError{PkiProblem::WeakKey, "the request's key is not P-256, P-384, Ed25519 or RSA of 2048 bits"});
  }
  if (!csr->key.verify(object->algorithm, object->tbs, object->signature)) {
    return fail(PkiError{PkiProblem::BadSignature,
                         "the request's signature does not prove possession of its key (signed with " +
                             std::string{describe(object->algorithm)} + ")"});
  }
  return csr;
}

Result<std::string, PkiError> make_csr(const SigningKey& key, std::string_view device_hint) {
  const bool is_printable =
      std::all_of(device_hint.begin(), device_hint.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (device_hint.empty() || device_hint.size() > 64 || !is_printable) {
    return fail(PkiError{PkiProblem::BadName, "the device name must be 1 to 64 printable ASCII characters"});
  }
  const ByteBuffer no_attributes = der::wrap(der::constructed(0), {});
  const ByteBuffer tbs =
      der::sequence({der::integer(0), encode_common_name(device_hint), key.public_key().der(), no_attributes});
  auto request = sign_object(tbs, key);
  if (!request) return fail(request.error());
  return to_pem(kLabel, *request);
}

}  // namespace sallyport
