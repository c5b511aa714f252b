#include "common/pki/certificate_authority.hpp"

#include "common/base/file.hpp"
#include "common/base/text.hpp"
#include "common/pki/certificate_builder.hpp"
#include "common/pki/distinguished_name.hpp"
#include "common/pki/identity_name.hpp"
#include "common/pki/pem.hpp"
#include "common/pki/random.hpp"
#include "common/pki/revocation_list_builder.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace sallyport {
namespace {

/// Certificates are valid from a little before now, so that a laptop whose clock is slow can use one at once.
constexpr std::chrono::minutes kBackdate{5};
constexpr std::string_view kSpiffe = "spiffe://";

auto bad_name(std::string words) { return fail(PkiError{PkiProblem::BadName, std::move(words)}); }
auto outside(std::string words) { return fail(PkiError{PkiProblem::OutsideAuthority, std::move(words)}); }
auto file_error(const FileError& error) { return fail(PkiError{PkiProblem::File, to_string(error)}); }

std::string certificate_path(const std::string& directory) { return directory + "/ca.pem"; }
std::string key_path(const std::string& directory) { return directory + "/ca.key"; }

Result<ByteBuffer, PkiError> random_serial() {
  ByteBuffer serial(16);
  if (auto filled = fill_random(serial); !filled) return fail(filled.error());
  return serial;
}

std::string trust_domain_of(const CertificateInfo& certificate) {
  for (const std::string& uri : certificate.uris) {
    if (uri.starts_with(kSpiffe) && is_trust_domain(uri.substr(kSpiffe.size()))) return uri.substr(kSpiffe.size());
  }
  return {};
}

Result<IssuedCertificate, PkiError> finish(const CertificateDraft& draft, const PrivateKey& key) {
  const auto der = sign_certificate(draft, key);
  if (!der) return fail(der.error());
  auto info = CertificateInfo::parse(*der);
  if (!info) return fail(info.error());
  return IssuedCertificate{to_pem("CERTIFICATE", *der), std::move(*info)};
}

Result<CertificateDraft, PkiError> draft_authority(const CaProfile& profile, const PublicKey& key, WallTime now) {
  auto serial = random_serial();
  auto id = key.key_id();
  if (!serial) return fail(serial.error());
  if (!id) return fail(id.error());
  const ByteBuffer name = encode_common_name(profile.name);
  return CertificateDraft{
      *serial,
      name,
      name,
      now - kBackdate,
      now + profile.lifetime,
      key,
      {basic_constraints(true), key_usage({.digital_signature = false, .key_cert_sign = true, .crl_sign = true}),
       subject_key_id(*id), authority_key_id(*id),
       alternative_names({{std::string{kSpiffe} + profile.trust_domain}, {}, {}, {}})}};
}

Result<void, PkiError> check_profile(const CaProfile& profile) {
  const bool is_printable =
      std::all_of(profile.name.begin(), profile.name.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (profile.name.empty() || profile.name.size() > 64 || !is_printable) {
    return bad_name("the authority's name must be 1 to 64 printable ASCII characters");
  }
  if (!is_trust_domain(profile.trust_domain)) {
    return bad_name("not a trust domain: " + escape_untrusted(profile.trust_domain) +
                    " (use a lower-case host name such as example.com)");
  }
  if (profile.key_kind != KeyKind::P256 && profile.key_kind != KeyKind::P384) {
    return fail(PkiError{PkiProblem::Unsupported, "an authority's key is P-256 or P-384"});
  }
  if (profile.lifetime < std::chrono::days{1}) return outside("the authority must live at least one day");
  return {};
}

Result<void, PkiError> check_profile(const DeviceProfile& profile, const std::string& trust_domain) {
  if (!is_device_id(profile.device.text())) {
    return bad_name("not a device id: " + escape_untrusted(profile.device.text()) + " (use 1 to 63 of a-z, 0-9 and -)");
  }
  if (!is_user_id(profile.user.text())) {
    return bad_name("not a user: " + escape_untrusted(profile.user.text()) + " (use an e-mail address in lower case)");
  }
  if (profile.trust_domain != trust_domain) {
    return outside("this authority issues devices of " + trust_domain + ", not of " +
                   escape_untrusted(profile.trust_domain));
  }
  return {};
}

Result<AlternativeNames, PkiError> gateway_names(const GatewayProfile& profile) {
  AlternativeNames names;
  names.addresses = profile.addresses;
  if (const auto address = IpAddress::parse(profile.name)) {
    names.addresses.push_back(*address);
  } else if (is_host_name(profile.name)) {
    names.dns_names.push_back(profile.name);
  } else {
    return bad_name("not a gateway name: " + escape_untrusted(profile.name) +
                    " (use a lower-case host name or an IP address)");
  }
  return names;
}

}  // namespace

CertificateAuthority::CertificateAuthority(CertificateInfo certificate, PrivateKey key, std::string trust_domain)
    : certificate_{std::move(certificate)}, key_{std::move(key)}, trust_domain_{std::move(trust_domain)} {}

Result<CertificateAuthority, PkiError> CertificateAuthority::create(const CaProfile& profile, WallTime now) {
  if (auto checked = check_profile(profile); !checked) return fail(checked.error());
  auto key = PrivateKey::generate(profile.key_kind);
  if (!key) return fail(key.error());
  const auto draft = draft_authority(profile, key->public_key(), now);
  if (!draft) return fail(draft.error());
  auto issued = finish(*draft, *key);
  if (!issued) return fail(issued.error());
  return assemble(std::move(issued->info), std::move(*key));
}

Result<CertificateAuthority, PkiError> CertificateAuthority::init(const std::string& directory,
                                                                  const CaProfile& profile, WallTime now) {
  for (const std::string& path : {certificate_path(directory), key_path(directory)}) {
    if (::access(path.c_str(), F_OK) == 0) return outside(path + " is there already; an authority is never replaced");
  }
  auto authority = create(profile, now);
  if (!authority) return authority;
  if (auto made = make_directories(directory, 0700); !made) return file_error(made.error());
  if (auto stored = authority->key_.store(key_path(directory)); !stored) return fail(stored.error());
  auto written = write_file_atomically(certificate_path(directory), authority->certificate_pem());
  if (!written) return file_error(written.error());
  return authority;
}

Result<CertificateAuthority, PkiError> CertificateAuthority::load(const std::string& directory) {
  return load(certificate_path(directory), key_path(directory));
}

Result<CertificateAuthority, PkiError> CertificateAuthority::load(const std::string& certificate_path,
                                                                  const std::string& key_path) {
  const auto text = read_file(certificate_path);
  if (!text) return file_error(text.error());
  auto certificates = parse_certificates(*text);
  if (!certificates) {
    return fail(PkiError{certificates.error().problem, certificate_path + ": " + certificates.error().words});
  }
  auto key = PrivateKey::load(key_path);
  if (!key) return fail(key.error());
  return assemble(std::move(certificates->front()), std::move(*key));
}

Result<CertificateAuthority, PkiError> CertificateAuthority::assemble(CertificateInfo certificate, PrivateKey key) {
  const bool may_sign = certificate.is_ca && certificate.key_usage && certificate.key_usage->key_cert_sign &&
                        certificate.key_usage->crl_sign;
  if (!may_sign) return outside("the authority's certificate may not sign certificates and revocation lists");
  if (!(certificate.key == key.public_key())) return outside("the authority's key does not belong to its certificate");
  std::string trust_domain = trust_domain_of(certificate);
  if (trust_domain.empty()) return outside("the authority's certificate names no trust domain (URI spiffe://...)");
  return CertificateAuthority{std::move(certificate), std::move(key), std::move(trust_domain)};
}

std::string CertificateAuthority::certificate_pem() const { return to_pem("CERTIFICATE", certificate_.der); }

Result<WallTime, PkiError> CertificateAuthority::expiry_for(std::chrono::seconds lifetime, WallTime now) const {
  if (lifetime < kShortestLifetime) return outside("a certificate must live at least one minute");
  if (!certificate_.is_valid_at(now)) {
    return outside("the authority's own certificate is valid from " + format_utc(certificate_.not_before) + " to " +
                   format_utc(certificate_.not_after) + ", which is not now");
  }
  return std::min<WallTime>(now + lifetime, certificate_.not_after);
}

Result<CertificateDraft, PkiError> CertificateAuthority::draft_leaf(const PublicKey& key, std::string_view common_name,
                                                                    std::chrono::seconds lifetime, WallTime now) const {
  if (!key.is_acceptable()) {
    return fail(PkiError{PkiProblem::WeakKey, "keys are P-256, P-384, Ed25519 or RSA of 2048 to 4096 bits"});
  }
  auto serial = random_serial();
  auto id = key.key_id();
  auto expiry = expiry_for(lifetime, now);
  if (!serial) return fail(serial.error());
  if (!id) return fail(id.error());
  if (!expiry) return fail(expiry.error());
  return CertificateDraft{std::move(*serial),
                          certificate_.subject_der,
                          encode_common_name(common_name),
                          // A brief certificate must not look half spent from the start.
                          now - std::min<std::chrono::seconds>(kBackdate, lifetime / 10),
                          *expiry,
                          key,
                          {basic_constraints(false), key_usage({.digital_signature = true}), subject_key_id(*id),
                           authority_key_id(certificate_.subject_key_id)}};
}

Result<IssuedCertificate, PkiError> CertificateAuthority::issue_device(const PublicKey& key,
                                                                       const DeviceProfile& profile,
                                                                       WallTime now) const {
  if (auto checked = check_profile(profile, trust_domain_); !checked) return fail(checked.error());
  auto draft = draft_leaf(key, profile.device.text(), profile.lifetime, now);
  if (!draft) return fail(draft.error());
  const DeviceUri uri{profile.trust_domain, profile.device};
  draft->extensions.push_back(extended_key_usage({.client_auth = true}));
  draft->extensions.push_back(alternative_names({{uri.to_string()}, {profile.user.text()}, {}, {}}));
  return finish(*draft, key_);
}

Result<IssuedCertificate, PkiError> CertificateAuthority::issue_gateway(const PublicKey& key,
                                                                        const GatewayProfile& profile,
                                                                        WallTime now) const {
  const auto names = gateway_names(profile);
  if (!names) return fail(names.error());
  auto draft = draft_leaf(key, std::string_view{profile.name}.substr(0, 64), profile.lifetime, now);
  if (!draft) return fail(draft.error());
  draft->extensions.push_back(extended_key_usage({.server_auth = true}));
  draft->extensions.push_back(alternative_names(*names));
  return finish(*draft, key_);
}

Result<std::string, PkiError> CertificateAuthority::issue_crl(std::span<const RevokedSerial> revoked,
                                                              std::uint64_t number, WallTime now,
                                                              WallTime next_update) const {
  if (next_update <= now) return outside("the next revocation list must be due in the future");
  const RevocationListDraft draft{
      certificate_.subject_der,        certificate_.subject_key_id, number, now, next_update,
      {revoked.begin(), revoked.end()}};
  const auto der = sign_revocation_list(draft, key_);
  if (!der) return fail(der.error());
  return to_pem("X509 CRL", *der);
}

}  // namespace sallyport
