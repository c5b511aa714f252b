#include "server/config/gateway_config.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace sallyport;

bool is_path(const std::string& text) { return text.starts_with('/') && text.find('\0') == std::string::npos; }

/// What the gateway takes for granted about a file that was accepted.
bool is_sound(const GatewayConfig& config) {
  if (config.name.empty() || config.trust_domain.empty() || config.listen.empty()) return false;
  for (const auto& endpoint : config.listen) {
    if (Endpoint::parse(endpoint.to_string()) != endpoint) return false;
  }
  if (config.pool.prefixes().empty()) return false;
  if (config.pool.v4 && !config.pool.v4->network().is_v4()) return false;
  if (config.pool.v6 && config.pool.v6->network().is_v4()) return false;
  if (config.tun.name.empty() || config.tun.name.size() > 15 || config.tun.mtu < 1280) return false;
  if (config.masquerade && config.masquerade->interface.find_first_of("\"\n\\ ") != std::string::npos) return false;
  if (config.limits.sessions == 0 || config.limits.half_open == 0 || config.limits.burst == 0) return false;
  const auto& sessions = config.sessions;
  const std::chrono::seconds shortest{2};
  if (sessions.lifetime.value_or(shortest) < shortest || sessions.idle_limit.value_or(shortest) < shortest)
    return false;
  if (sessions.dead_peer < std::chrono::seconds{3} || sessions.per_user == 0U) return false;
  return is_path(config.policy_directory) && is_path(config.state) && is_path(config.runtime) &&
         is_path(config.certificate) && is_path(config.key) && is_path(config.ca) && is_path(config.crl) &&
         is_path(config.crl_number) && is_path(config.audit);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto config = parse_gateway_config(text, "gateway.toml");
  if (config ? !is_sound(*config) : config.error().empty()) std::abort();
  return 0;
}
