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

DeviceFiles files_of(const Profile& profile) { return {profile.ca, profile.certificate, profile.key}; }

std::string authority_of(const Profile& profile) {
  constexpr std::uint16_t kHttps = 443;
  return profile.gateway.port == kHttps ? profile.server_name
                                        : profile.server_name + ':' + std::to_string(profile.gateway.port);
}

Result<ClientIdentity, TunnelFailure> load_identity(const Profile& profile, Tokens& tokens, WallTime now) {
  auto trust = load_trust(profile.ca, now);
  if (!trust) return fail(trust.error());
  const auto token = tokens.of(profile.key);
  if (!token) return fail(unusable(to_string(token.error())));
  auto credentials = load_credentials(files_of(profile), *token);
  if (!credentials) return fail(unusable(to_string(credentials.error())));
  const CertificateInfo& leaf = credentials->leaf();
  auto device = device_in(leaf);
  auto user = leaf.emails.empty() ? std::string{} : leaf.emails.front();
  auto serial = leaf.serial_hex;
  const auto begins = leaf.not_before;
  const auto expires = leaf.not_after;
  auto context = ClientContext::make(*trust, std::make_shared<const Credentials>(std::move(*credentials)));
  if (!context) return fail(unusable(to_string(context.error())));
  return ClientIdentity{std::move(*context), std::move(device), std::move(user), std::move(serial), begins, expires,
                        now > expires};
}

}  // namespace sallyport
