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

constexpr const char* kEnrolAgain =
    "; ask your administrator for a token and enrol it again, as root: sallyport enroll --replace";

/// Of a laptop that was never enrolled, or lost what enrolling gave it; nullopt: everything is in its place.
std::optional<TunnelFailure> missing_identity(const DeviceFiles& files) {
  if (file_exists(files.next()) && file_exists(files.ca)) return std::nullopt;
  if (!file_exists(files.next()) && !file_exists(files.certificate))
    return unusable("this laptop is not enrolled yet (there is no " + files.certificate +
                    "); as root type the line that your administrator sent: sallyport enroll ...");
  const bool has_key = files.is_on_token() || file_exists(files.next()) || file_exists(files.key);
  if (!has_key) return unusable("this laptop has lost its key: there is no " + files.key + kEnrolAgain);
  if (file_exists(files.ca)) return std::nullopt;
  return unusable("this laptop does not know its gateway any more: there is no " + files.ca + kEnrolAgain);
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
  const auto files = files_of(profile);
  if (auto missing = missing_identity(files)) return fail(std::move(*missing));
  auto trust = load_trust(profile.ca, now);
  if (!trust) return fail(trust.error());
  const auto token = tokens.of(profile.key);
  if (!token) return fail(unusable(to_string(token.error())));
  auto credentials = load_credentials(files, *token);
  if (!credentials) {
    const bool is_readable = load_certificate(files).has_value();
    return fail(unusable(to_string(credentials.error()) + (is_readable ? "" : kEnrolAgain)));
  }
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
