#include "common/pki/certificate_builder.hpp"

#include "common/pki/algorithm.hpp"
#include "common/pki/der.hpp"
#include "common/pki/oids.hpp"

#include <array>

namespace sallyport {
namespace {

ByteBuffer encode_tbs(const CertificateDraft& draft, SignatureAlgorithm algorithm) {
  ByteBuffer extensions;
  for (const ByteBuffer& extension : draft.extensions) append(extensions, extension);
  const ByteBuffer version = der::wrap(der::constructed(0), der::integer(2));
  const ByteBuffer validity = der::sequence({der::time(draft.not_before), der::time(draft.not_after)});
  const ByteBuffer tail =
      draft.extensions.empty() ? ByteBuffer{} : der::wrap(der::constructed(3), der::wrap(der::Sequence, extensions));
  return der::sequence({version, der::integer(Bytes{draft.serial}), encode_signature_algorithm(algorithm), draft.issuer,
                        validity, draft.subject, draft.key.der(), tail});
}

}  // namespace

Result<ByteBuffer, PkiError> sign_certificate(const CertificateDraft& draft, const SigningKey& issuer_key) {
  return sign_object(encode_tbs(draft, issuer_key.signature_algorithm()), issuer_key);
}

Result<ByteBuffer, PkiError> sign_object(Bytes tbs, const SigningKey& key) {
  auto signature = key.sign(tbs);
  if (!signature) return fail(signature.error());
  return der::sequence({tbs, encode_signature_algorithm(key.signature_algorithm()), der::bit_string(*signature)});
}

ByteBuffer encode_extension(std::string_view oid, bool is_critical, Bytes value) {
  const ByteBuffer flag = is_critical ? der::boolean(true) : ByteBuffer{};
  return der::sequence({der::oid(oid), flag, der::octet_string(value)});
}

ByteBuffer basic_constraints(bool is_ca) {
  // An authority of ours signs leaves only: path length 0.
  const ByteBuffer content = is_ca ? der::concat({der::boolean(true), der::integer(0)}) : ByteBuffer{};
  return encode_extension(oids::kBasicConstraints, true, der::wrap(der::Sequence, content));
}

ByteBuffer key_usage(const KeyUsage& usage) {
  unsigned flags = 0;
  if (usage.digital_signature) flags |= 0x80U;
  if (usage.key_cert_sign) flags |= 0x04U;
  if (usage.crl_sign) flags |= 0x02U;
  if (usage.others) flags |= 0x20U;
  unsigned unused = 0;
  while (flags != 0 && (flags & (1U << unused)) == 0) ++unused;
  const std::array octets{static_cast<std::byte>(flags)};
  const ByteBuffer bits = flags == 0 ? der::bit_string({}) : der::bit_string(octets, unused);
  return encode_extension(oids::kKeyUsage, true, bits);
}

ByteBuffer extended_key_usage(const ExtendedKeyUsage& usage) {
  ByteBuffer list;
  if (usage.server_auth) append(list, der::oid(oids::kServerAuth));
  if (usage.client_auth) append(list, der::oid(oids::kClientAuth));
  if (usage.any) append(list, der::oid(oids::kAnyExtendedKeyUsage));
  return encode_extension(oids::kExtendedKeyUsage, false, der::wrap(der::Sequence, list));
}

ByteBuffer alternative_names(const AlternativeNames& names) {
  ByteBuffer list;
  for (const auto& uri : names.uris) append(list, der::text(der::context(6), uri));
  for (const auto& email : names.emails) append(list, der::text(der::context(1), email));
  for (const auto& name : names.dns_names) append(list, der::text(der::context(2), name));
  for (const auto& address : names.addresses) append(list, der::wrap(der::context(7), address.octets()));
  return encode_extension(oids::kSubjectAltName, false, der::wrap(der::Sequence, list));
}

ByteBuffer subject_key_id(Bytes id) { return encode_extension(oids::kSubjectKeyId, false, der::octet_string(id)); }

ByteBuffer authority_key_id(Bytes id) {
  return encode_extension(oids::kAuthorityKeyId, false, der::wrap(der::Sequence, der::wrap(der::context(0), id)));
}

}  // namespace sallyport
