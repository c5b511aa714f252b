#include "common/pki/succession.hpp"

#include "common/base/hex.hpp"
#include "common/pki/certificate_builder.hpp"
#include "common/pki/identity_name.hpp"
#include "common/pki/random.hpp"
#include "common/pki/sha256.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace sallyport {
namespace {

using Refusal = std::optional<SuccessionRefusal>;

constexpr std::chrono::minutes kBackdate{5};
constexpr std::string_view kSpiffe = "spiffe://";
/// Nothing else that an authority signs, certificates and lists, begins like this.
constexpr std::string_view kRetirementLabel = "sallyport retired authorities v1";

bool is_strong(SignatureAlgorithm algorithm) {
  return algorithm != SignatureAlgorithm::Sha1 && algorithm != SignatureAlgorithm::Md5 &&
         algorithm != SignatureAlgorithm::Other;
}

bool may_certify(const CertificateInfo& ca) {
  return ca.is_ca && ca.key_usage && ca.key_usage->key_cert_sign && ca.key_usage->crl_sign &&
         !ca.has_unknown_critical_extension;
}

bool names_domain(const CertificateInfo& ca) {
  return ca.uris.size() == 1 && ca.uris.front().starts_with(kSpiffe) &&
         is_trust_domain(ca.uris.front().substr(kSpiffe.size()));
}

bool is_same_domain(const CertificateInfo& a, const CertificateInfo& b) {
  return a.uris == b.uris && a.emails == b.emails && a.dns_names == b.dns_names && a.addresses == b.addresses;
}

/// By itself: whoever made it could have made it so.
Refusal check_successor(const CertificateInfo& ca, WallTime now) {
  if (!may_certify(ca) || ca.subject_der != ca.issuer_der) return SuccessionRefusal::NotAnAuthority;
  if (!ca.key.is_acceptable() || !ca.key.is_sound() || !is_strong(ca.signature_algorithm)) {
    return SuccessionRefusal::Weak;
  }
  if (!ca.is_signed_by(ca.key)) return SuccessionRefusal::NotAnAuthority;
  if (!ca.is_valid_at(now)) return SuccessionRefusal::NotValidNow;
  return names_domain(ca) ? std::nullopt : Refusal{SuccessionRefusal::OtherDomain};
}

/// Whether `vouched` says of the successor what its own certificate says.
Refusal check_vouched(const CertificateInfo& vouched, const CertificateInfo& successor, WallTime now) {
  if (!may_certify(vouched)) return SuccessionRefusal::NotAnAuthority;
  if (vouched.subject_der != successor.subject_der || !(vouched.key == successor.key)) {
    return SuccessionRefusal::NotVouched;
  }
  if (!is_strong(vouched.signature_algorithm)) return SuccessionRefusal::Weak;
  if (!is_same_domain(vouched, successor)) return SuccessionRefusal::OtherDomain;
  return vouched.is_valid_at(now) ? std::nullopt : Refusal{SuccessionRefusal::NotValidNow};
}

Refusal check_voucher(const CertificateInfo& vouched, std::span<const CertificateInfo> trusted, WallTime now) {
  const auto voucher = std::find_if(trusted.begin(), trusted.end(), [&](const CertificateInfo& ca) {
    return ca.subject_der == vouched.issuer_der && vouched.is_signed_by(ca.key);
  });
  if (voucher == trusted.end()) return SuccessionRefusal::NotVouched;
  if (!voucher->is_valid_at(now)) return SuccessionRefusal::NotValidNow;
  return is_same_domain(*voucher, vouched) ? std::nullopt : Refusal{SuccessionRefusal::OtherDomain};
}

/// Fingerprints are all as long: no two different lists are the same octets.
ByteBuffer retirement_message(std::span<const std::string> retired) {
  ByteBuffer message;
  append(message, as_bytes(kRetirementLabel));
  message.push_back(std::byte{0});
  for (const auto& fingerprint : retired) append(message, as_bytes(fingerprint));
  return message;
}

struct Row {
  std::string_view name;
  std::string_view words;
};

constexpr std::array<Row, kSuccessionRefusals> kRows{
    Row{"malformed", "one of its certificates is damaged"},
    Row{"not_an_authority", "it is not an authority's certificate"},
    Row{"weak", "its key or signature is weak"},
    Row{"not_valid_now", "its certificates are not valid now; check this machine's clock"},
    Row{"other_domain", "it is for another trust domain"},
    Row{"not_vouched", "no authority that is trusted here has signed for it"},
};

}  // namespace

std::string_view name_of(SuccessionRefusal refusal) noexcept { return kRows[static_cast<std::size_t>(refusal)].name; }

std::string_view describe(SuccessionRefusal refusal) noexcept { return kRows[static_cast<std::size_t>(refusal)].words; }

std::string fingerprint_of(Bytes certificate_der) {
  const auto digest = sha256(certificate_der);
  return digest ? to_hex(*digest) : std::string{};
}

Result<ByteBuffer, PkiError> vouch_for(const CertificateAuthority& authority, const CertificateInfo& successor,
                                       WallTime now, std::chrono::seconds lifetime) {
  const CertificateInfo& own = authority.certificate();
  const auto refuse = [](std::string words) { return fail(PkiError{PkiProblem::OutsideAuthority, std::move(words)}); };
  if (!own.is_valid_at(now)) return refuse("an authority that is not valid now vouches for nobody");
  if (const auto refusal = check_successor(successor, now)) {
    return refuse("the next authority cannot be used: " + std::string{describe(*refusal)});
  }
  if (!is_same_domain(own, successor)) return refuse("the next authority is for another trust domain");
  if (own.subject_der == successor.subject_der) return refuse("the next authority needs a name of its own");
  ByteBuffer serial(16);
  if (auto filled = fill_random(serial); !filled) return fail(filled.error());
  const WallTime until = std::min({WallTime{now + lifetime}, own.not_after, successor.not_after});
  const CertificateDraft draft{
      std::move(serial),
      own.subject_der,
      successor.subject_der,
      now - kBackdate,
      until,
      successor.key,
      {basic_constraints(true), key_usage({.digital_signature = false, .key_cert_sign = true, .crl_sign = true}),
       subject_key_id(successor.subject_key_id), authority_key_id(own.subject_key_id),
       alternative_names({successor.uris, {}, {}, {}})}};
  return sign_certificate(draft, authority.key());
}

Result<CertificateInfo, SuccessionRefusal> verify_successor(Bytes certificate, Bytes vouched,
                                                            std::span<const CertificateInfo> trusted, WallTime now) {
  auto successor = CertificateInfo::parse(certificate);
  const auto voucher = CertificateInfo::parse(vouched);
  if (!successor || !voucher) return fail(SuccessionRefusal::Malformed);
  // What costs least, and what an outsider cannot fake, first.
  if (const auto refusal = check_vouched(*voucher, *successor, now)) return fail(*refusal);
  if (const auto refusal = check_voucher(*voucher, trusted, now)) return fail(*refusal);
  if (const auto refusal = check_successor(*successor, now)) return fail(*refusal);
  return std::move(*successor);
}

Result<ByteBuffer, PkiError> sign_retirement(const SigningKey& authority, std::span<const std::string> retired) {
  return authority.sign(retirement_message(retired));
}

bool verify_retirement(const PublicKey& authority, std::span<const std::string> retired, Bytes signature) {
  return authority.verify(signature_algorithm_of(authority.kind()), retirement_message(retired), signature);
}

}  // namespace sallyport
