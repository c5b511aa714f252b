#pragma once

#include "common/base/time.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// What the reference and the real system have in common: names, places and numbers, and no behaviour.
namespace sallyport::model {

inline constexpr int kDevices = 6;
inline constexpr int kUsers = 3;
inline constexpr std::array<const char*, kUsers> kUserNames{"ana@example.com", "bo@example.com", "cy@example.com"};
/// More devices than the pool has addresses (five), and more addresses than there may be sessions.
inline constexpr const char* kPool = "10.99.0.0/29";
inline constexpr unsigned kAddresses = 5;
inline constexpr unsigned kSessions = 4;

struct Place {
  const char* address;
  std::uint8_t protocol;
  std::uint16_t port;
};
inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr int kPlaces = 6;
inline constexpr std::array<Place, kPlaces> kAllPlaces{{
    {"10.20.4.10", kTcp, 443},
    {"10.20.4.10", kTcp, 22},
    {"10.20.0.53", kUdp, 53},
    {"10.20.9.9", kTcp, 443},
    {"10.20.4.10", kIcmp, 0},
    {"10.30.0.1", kTcp, 443},  // in no resource
}};
inline constexpr int kDns = 2;

/// Resources of the policies: which places each holds.
struct ResourcePlan {
  const char* name;
  const char* toml;
  unsigned places;  ///< bit per place
};
inline constexpr std::array<ResourcePlan, 7> kResources{{
    {"web", R"({ net = "10.20.4.10", ports = "443/tcp" })", 0b00001},
    {"git", R"({ net = "10.20.4.10", ports = "22/tcp" })", 0b00010},
    {"dns", R"({ net = "10.20.0.53", ports = "53/udp" })", 0b00100},
    {"lab", R"({ net = "10.20.9.0/24", ports = ["443/tcp", "8443/tcp"] })", 0b01000},
    {"ping", R"({ net = "10.20.4.10", ports = "icmp" })", 0b10000},
    {"host", R"({ net = "10.20.4.10", ports = "any" })", 0b10011},
    {"all", R"({ net = "10.20.0.0/16", ports = "any" })", 0b11111},
}};

/// Outer addresses of laptops: at home, which is a network of the policies, and elsewhere.
inline constexpr std::array<const char*, 2> kSources{"198.51.100.2", "203.0.113.9"};
inline constexpr int kHome = 0;

/// The days begin shortly before the hours of the policies do, on a Monday.
inline const WallTime kStart = *parse_utc("2026-03-02T08:58:00Z");

/// Both clocks. Whole seconds, so that nothing is rounded.
struct Clocks {
  std::int64_t steady = 0;
  WallTime wall = kStart;

  [[nodiscard]] Now now() const { return {TimePoint{std::chrono::hours{1}} + std::chrono::seconds{steady}, wall}; }
  /// Of the wall over the steady clock.
  [[nodiscard]] std::int64_t lead() const { return wall.time_since_epoch().count() - steady; }
};

/// A certificate, as everybody may know it.
struct CertificatePlan {
  int device = 0;
  int user = 0;
  std::string serial;
  WallTime not_before{};
  WallTime not_after{};
  bool is_foreign = false;  ///< of another authority
};

/// What a laptop says of its firewall.
enum class Firewall : std::uint8_t { On, Off, Untold };
/// What its answers to challenges hold.
struct Report {
  bool has_posture = false;
  Firewall firewall = Firewall::Untold;
};

/// What is wrong with an answer to a challenge.
enum class Forgery : std::uint8_t { None, Key, Channel, Session, Body, Malformed, CannotSign };

/// How a code relates to the right one of this moment.
enum class Code : std::uint8_t { None, Right, Wrong, Old };

/// A flow as a client names it.
struct FlowName {
  int place = 0;
  int port = 0;  ///< 0 or 1: which of the client's
  friend auto operator<=>(const FlowName&, const FlowName&) = default;
};
inline constexpr int kPorts = 2;

}  // namespace sallyport::model
