#pragma once

#include "common/base/congestion.hpp"
#include "common/ip/address.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

inline constexpr std::string_view kDefaultClientConfig = "/etc/sallyport/client.toml";
inline constexpr std::string_view kDefaultClientState = "/var/lib/sallyport-client";
inline constexpr std::string_view kDefaultClientRuntime = "/run/sallyport";
inline constexpr std::string_view kDefaultInterface = "sallyport";

/// Where a gateway listens: a DNS name or an address in text, and a TCP port.
struct GatewayEndpoint {
  std::string host;
  std::uint16_t port = 443;

  /// "vpn.example.com:443", "[2001:db8::1]:443".
  [[nodiscard]] static std::optional<GatewayEndpoint> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const GatewayEndpoint&, const GatewayEndpoint&) = default;
};

/// One way into one office. An administrator writes it; people choose it by name only.
struct Profile {
  std::string name;
  GatewayEndpoint gateway;
  std::string server_name;  ///< what the gateway's certificate must say, lower case
  std::string ca;           ///< PEM file of the only CA this profile trusts
  std::string certificate;
  std::string key;  ///< path of a file, or the pkcs11: URI of a key on a token
  std::string interface { kDefaultInterface };
  std::vector<IpPrefix> allow_routes;  ///< empty: whatever is not forbidden by its class
  bool allow_default_route = false;
  std::string congestion{kUsualCongestion};  ///< control of the connection
};

struct ClientConfig {
  std::string state{kDefaultClientState};
  std::string runtime{kDefaultClientRuntime};
  std::map<std::string, Profile, std::less<>> profiles;

  [[nodiscard]] std::string socket_path() const { return runtime + "/client.sock"; }
  [[nodiscard]] std::string journal_path() const { return state + "/journal.json"; }
  [[nodiscard]] std::string lock_path() const { return state + "/lock"; }
};

/// Where a profile without paths of its own keeps its files.
[[nodiscard]] inline std::string default_ca_path(std::string_view state) { return std::string{state} + "/ca.pem"; }
[[nodiscard]] inline std::string default_certificate_path(std::string_view state) {
  return std::string{state} + "/device.pem";
}
[[nodiscard]] inline std::string default_key_path(std::string_view state) { return std::string{state} + "/device.key"; }

/// 1 to 32 of a-z, 0-9 and '-'.
[[nodiscard]] bool is_profile_name(std::string_view text) noexcept;

}  // namespace sallyport
