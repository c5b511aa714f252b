#include "client/config/client_config_loader.hpp"
#include "common/pki/token_uri.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace sallyport;

/// What the daemon takes for granted about a file that was accepted.
bool is_sound(const ClientConfig& config) {
  for (const auto& [name, profile] : config.profiles) {
    if (!is_profile_name(name) || profile.name != name) return false;
    if (GatewayEndpoint::parse(profile.gateway.to_string()) != profile.gateway) return false;
    if (profile.server_name.empty() || profile.interface.empty() || profile.interface.size() > 15) return false;
    if (!profile.ca.starts_with('/') || !profile.certificate.starts_with('/')) return false;
    if (!profile.key.starts_with('/') && !TokenUri::parse(profile.key)) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto config = parse_client_config(text, "client.toml");
  if (config ? !is_sound(*config) : config.error().empty()) std::abort();
  return 0;
}
