#pragma once

#include "client/daemon/refused_routes.hpp"
#include "client/session/switch_schedule.hpp"
#include "common/base/time.hpp"
#include "common/ip/address.hpp"
#include "common/queue/queue_counters.hpp"
#include "common/wire/proof.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

enum class TunnelState { Down, Connecting, Online, Reconnecting };
[[nodiscard]] std::string_view to_string(TunnelState state) noexcept;

/// Why a tunnel is not online, or how an attempt ended.
struct TunnelFailure {
  std::string reason;  ///< a stable class: "connect_failed", "device_disabled"
  std::string words;
  std::string code;  ///< the administrator's reference; may be empty
};

/// Networks of the office that are out of reach, and closed to every other way, because the tunnel has no IPv6.
struct Ipv6Off {
  std::string setting;  ///< that switched it off for the tunnel's interface; empty: the system has no IPv6 at all
  std::vector<IpPrefix> routes;
};

/// All that status says about the tunnel.
struct TunnelStatus {
  TunnelState state = TunnelState::Down;
  std::string profile;
  std::string gateway;       ///< "vpn.example.com:443", from the profile
  std::string gateway_name;  ///< the name in its certificate
  std::string peer;          ///< the outside address in use
  std::string device;
  std::string user;
  std::optional<WallTime> certificate_expires;
  std::optional<WallTime> renewal_due;           ///< when the next certificate is asked for
  std::optional<TunnelFailure> renewal_failure;  ///< of the last attempt to get it
  std::optional<TunnelFailure> key_failure;      ///< why the device key could not sign when it was asked last
  std::optional<WallTime> since;                 ///< online since
  std::string interface;
  std::vector<IpAddress> addresses;
  std::vector<IpPrefix> routes;
  std::vector<RefusedRoute> refused_routes;
  std::optional<Ipv6Off> ipv6_off{};
  std::optional<ProofWaiting> proof{};  ///< what waits for a proof; unset: the gateway did not say
  std::string tls_group;
  std::string tls_cipher;
  std::optional<std::uint32_t> rtt_microseconds;
  std::optional<std::uint16_t> segment_limit{};  ///< octets, where the network swallows larger packets
  std::uint64_t packets_in = 0;                  ///< from the office
  std::uint64_t bytes_in = 0;
  std::uint64_t packets_out = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t packets_dropped = 0;
  QueueCounters queue;     ///< of packets to the office that had to wait
  std::string congestion;  ///< control of the connection
  std::uint64_t reconnects = 0;
  std::uint64_t network_restored = 0;  ///< rules, routes and the like that others took away, since the service's start
  SwitchSchedule::Counts switches;     ///< changes to another session while the one before went on
  std::optional<TunnelFailure> failure;  ///< of the last attempt, while not online
  std::optional<WallTime> retry_at;
};

/// Members that are not known are left out; "v" and "ok" are the caller's.
[[nodiscard]] nlohmann::json to_json(const TunnelStatus& status);

}  // namespace sallyport
