#include "server/gateway/trust_loader.hpp"

#include "common/base/file.hpp"
#include "common/tls/device_identity.hpp"

#include <unistd.h>

#include <cerrno>

#include <utility>

namespace sallyport {
namespace {

auto at(const std::string& file, std::string message, std::string hint = {}) {
  return fail(Diagnostics{Diagnostic{.file = file, .message = std::move(message), .hint = std::move(hint)}});
}

Result<std::string, Diagnostics> read_trusted(const std::string& path, const char* hint) {
  if (auto trusted = require_trusted_path(path); !trusted) return at(path, trusted.error().message, hint);
  auto content = read_file(path);
  if (!content) return at(path, content.error().message, hint);
  return std::move(*content);
}

Result<TrustSources, Diagnostics> read_sources(const GatewayConfig& config) {
  auto ca = read_trusted(config.ca, "run: sallyportctl ca init");
  if (!ca) return fail(ca.error());
  TrustSources sources{
      .ca_pem = std::move(*ca), .crl_pem = {}, .crl_required = config.crl_required, .high_water_mark = {}};
  auto mark = HighWaterMark::load(config.crl_number);
  if (!mark) return at(config.crl_number, mark.error().words);
  sources.high_water_mark = std::move(*mark);
  const bool is_absent = ::access(config.crl.c_str(), F_OK) != 0 && errno == ENOENT;
  // Where a list was in force once, its absence would un-revoke.
  if (!is_absent || config.crl_required || !sources.high_water_mark.empty()) {
    auto crl = read_trusted(config.crl, "without it nobody can be told revoked; restore the file");
    if (!crl) return fail(crl.error());
    sources.crl_pem = std::move(*crl);
  }
  return sources;
}

}  // namespace

Result<LoadedTrust, Diagnostics> load_trust(const GatewayConfig& config, WallTime now) {
  auto sources = read_sources(config);
  if (!sources) return fail(sources.error());
  auto bundle = TrustBundle::load(*sources, now);
  if (!bundle) return at(config.crl, bundle.error().words);
  auto credentials = Credentials::load(config.certificate, config.key);
  if (!credentials) {
    return at(config.certificate, credentials.error().words, "run: sallyportctl gateway-cert issue");
  }
  // What every client would refuse is told to the administrator instead. A list that is too old refuses everybody and
  // is another matter: the gateway starts, says so and lets nobody in until a fresh one is loaded.
  const bool is_stale = (*bundle)->problem_at(now).has_value();
  if (auto own = verify_gateway(credentials->leaf(), **bundle, config.name, now); !own && !is_stale) {
    return at(config.certificate, "clients would refuse this gateway: " + std::string{describe(own.error())},
              "run: sallyportctl gateway-cert issue");
  }
  auto context =
      ServerContext::make(*bundle, std::make_shared<const Credentials>(std::move(*credentials)), config.trust_domain);
  if (!context) return at(config.certificate, context.error().words);
  return LoadedTrust{.bundle = std::move(*bundle),
                     .context = std::make_shared<const ServerContext>(std::move(*context)),
                     .ca_pem = std::move(sources->ca_pem)};
}

Result<void, Diagnostics> remember_trust(const GatewayConfig& config, const LoadedTrust& trust) {
  if (auto stored = trust.bundle->high_water_mark().store(config.crl_number); !stored) {
    return at(config.crl_number, stored.error().words);
  }
  return {};
}

}  // namespace sallyport
