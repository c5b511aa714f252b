#include "client/daemon/identity.hpp"

#include "client/config/trusted_file.hpp"

namespace sallyport {
namespace {

TunnelFailure unusable(std::string words) { return {"credentials_unusable", std::move(words), {}}; }

Result<std::shared_ptr<const TrustBundle>, TunnelFailure> load_trust(const std::string& path, WallTime now) {
  if (const auto trusted = require_trusted_file(path); !trusted) return fail(unusable(to_string(trusted.error())));
  const auto pem = read_file(path);
  if (!pem) return fail(unusable(to_string(pem.error())));
  // The list of revoked certificates is the gateway's matter: a laptop has no way to get a fresh one before it is in.
  auto trust = TrustBundle::load({.ca_pem = *pem, .crl_pem = {}, .crl_required = false, .high_water_mark = {}}, now);
  if (!trust) return fail(unusable(path + ": " + to_string(trust.error())));
  return *trust;
}

std::string device_in(const CertificateInfo& leaf) {
  constexpr std::string_view kMarker = "/device/";
  for (const auto& uri : leaf.uris) {
    if (const auto at = uri.find(kMarker); at != std::string::npos) return uri.substr(at + kMarker.size());
  }
  return {};
}

}  // namespace

Result<ClientIdentity, TunnelFailure> load_identity(const Profile& profile, WallTime now) {
  auto trust = load_trust(profile.ca, now);
  if (!trust) return fail(trust.error());
  auto credentials = Credentials::load(profile.certificate, profile.key);
  if (!credentials) return fail(unusable(to_string(credentials.error())));
  const CertificateInfo& leaf = credentials->leaf();
  if (now > leaf.not_after) {
    return fail(TunnelFailure{
        "certificate_expired",
        "this device's certificate expired on " + format_utc(leaf.not_after) + "; ask your administrator for a new one",
        {}});
  }
  auto device = device_in(leaf);
  auto user = leaf.emails.empty() ? std::string{} : leaf.emails.front();
  const auto expires = leaf.not_after;
  auto context = ClientContext::make(*trust, std::make_shared<const Credentials>(std::move(*credentials)));
  if (!context) return fail(unusable(to_string(context.error())));
  return ClientIdentity{std::move(*context), std::move(device), std::move(user), expires};
}

}  // namespace sallyport
