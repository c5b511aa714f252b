#pragma once

#include "common/base/congestion.hpp"
#include "common/base/diagnostic.hpp"
#include "common/base/result.hpp"
#include "server/config/authority_settings.hpp"
#include "server/config/endpoint.hpp"
#include "server/config/pool_prefixes.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

inline constexpr const char* kDefaultGatewayConfigPath = "/etc/sallyport/gateway.toml";

struct TunSettings {
  std::string name = "sallyport0";
  unsigned mtu = 1500;

  friend bool operator==(const TunSettings&, const TunSettings&) = default;
};

struct MasqueradeSettings {
  std::string interface;  ///< towards the office; empty: every interface but the tunnel's own

  friend bool operator==(const MasqueradeSettings&, const MasqueradeSettings&) = default;
};

struct GatewayLimits {
  unsigned handshakes_per_second_per_source = 20;
  unsigned burst = 5;
  unsigned half_open = 512;
  unsigned sessions = 1000;

  friend bool operator==(const GatewayLimits&, const GatewayLimits&) = default;
};

/// More of them would be a mistake, and the lanes between them grow with the square of it.
inline constexpr unsigned kMaxWorkers = 32;
inline constexpr unsigned kMaxHandshakeThreads = 16;

/// Threads whose number can be chosen.
struct ThreadSettings {
  std::optional<unsigned> workers;  ///< unset: one for each processor that the gateway may use
  unsigned handshakes = 1;

  friend bool operator==(const ThreadSettings&, const ThreadSettings&) = default;
};

/// What happens when one more device of a person connects than may be connected at the same time.
enum class PerUserFull : std::uint8_t { Refuse, EndOldest };
[[nodiscard]] std::string_view name_of(PerUserFull rule) noexcept;

/// What happens when a device connects from another address than its live session has.
enum class SourceChange : std::uint8_t { Allow, Audit, Prove, Refuse };
[[nodiscard]] std::string_view name_of(SourceChange rule) noexcept;

/// How long sessions last and how many there may be. Every key may be reloaded, and counts for live sessions too.
struct SessionSettings {
  std::optional<std::chrono::seconds> lifetime = std::chrono::hours{12};  ///< unset: no limit
  std::optional<std::chrono::seconds> idle_limit;                         ///< unset: no limit
  std::chrono::seconds dead_peer{30};
  std::optional<unsigned> per_user;  ///< devices of one person at the same time; unset: no limit
  PerUserFull per_user_full = PerUserFull::Refuse;
  SourceChange source_change = SourceChange::Audit;

  friend bool operator==(const SessionSettings&, const SessionSettings&) = default;
};

/// How long draining a gateway may take: its sessions are spread over it.
inline constexpr std::chrono::seconds kShortestDrain{8};
inline constexpr std::chrono::seconds kLongestDrain{3600};

/// How devices get certificates from this gateway: by token at a door of its own, and anew by the one they have.
struct EnrolmentSettings {
  std::vector<Endpoint> listen;        ///< of the door for devices without a certificate; empty: it is shut
  std::chrono::seconds lifetime{};     ///< of a certificate
  std::chrono::seconds renew_grace{};  ///< how long an expired one may still be renewed; 0: not at all
  std::string ca_certificate;          ///< of the authority that issues them, PEM
  std::string ca_key;                  ///< its private key, 0600

  friend bool operator==(const EnrolmentSettings&, const EnrolmentSettings&) = default;
};

/// What happens when the audit file cannot be written (docs/audit.md section 6).
enum class OnAuditFull : std::uint8_t {
  RefuseNew,  ///< new sessions are refused, live ones end after `grace`
  Continue,   ///< records are lost and counted
};
struct AuditSettings {
  OnAuditFull on_full = OnAuditFull::RefuseNew;
  std::chrono::seconds grace{60};
  unsigned file_mib = 64;  ///< size of a file
  unsigned files = 50;     ///< how many are kept, with the one that is written

  friend bool operator==(const AuditSettings&, const AuditSettings&) = default;
};

/// Who may fetch the metrics. There is no password.
enum class MetricsReaders : std::uint8_t { ThisMachine, Everybody };
[[nodiscard]] std::string_view name_of(MetricsReaders readers) noexcept;

/// Where a monitoring system fetches metrics.
struct MetricsSettings {
  std::vector<Endpoint> listen;  ///< empty: nowhere; with ThisMachine loopback addresses alone
  MetricsReaders readers = MetricsReaders::ThisMachine;

  friend bool operator==(const MetricsSettings&, const MetricsSettings&) = default;
};

/// What gateway.toml says, defaults filled in. Every path is absolute; names are in lower case and checked.
struct GatewayConfig {
  std::string name;              ///< the host name in the gateway certificate
  std::vector<Endpoint> listen;  ///< at least one, all different
  std::string trust_domain;
  PoolPrefixes pool;  ///< at least one family

  std::string policy_directory = "/etc/sallyport/policy.d";
  std::string state = "/var/lib/sallyport";  ///< directory, 0700
  std::string runtime = "/run/sallyport";    ///< directory of the control socket

  std::string certificate;  ///< the gateway's, PEM
  std::string key;          ///< its private key, 0600
  std::string ca;           ///< authorities of devices, PEM
  std::string crl;          ///< their revocation lists, PEM
  bool crl_required = true;
  std::chrono::seconds crl_grace{0};           ///< how long sessions may outlive an expired list of our own
  std::vector<AuthoritySettings> authorities;  ///< beside our own; names are different
  unsigned strand_limit = 0;                   ///< known devices that new trust may lock out
  /// The high-water mark of revocation list numbers; always under `state`.
  std::string crl_number;
  std::string audit;      ///< JSON lines
  std::string decisions;  ///< JSON lines, with numbered older files beside it; empty: not kept

  AuditSettings audit_settings;
  std::optional<EnrolmentSettings> enrolment;  ///< the section is there
  std::optional<MasqueradeSettings> masquerade;
  TunSettings tun;
  std::string congestion{kUsualCongestion};  ///< control of the connections with clients
  GatewayLimits limits;
  ThreadSettings threads;
  SessionSettings sessions;
  MetricsSettings metrics;

  [[nodiscard]] std::string control_socket() const { return runtime + "/gateway.sock"; }
  [[nodiscard]] std::string database() const { return state + "/gateway.db"; }
  /// Which policies were in force, and their files.
  [[nodiscard]] std::string policy_history() const { return state + "/policy"; }
  /// The last good revocation list of each foreign authority.
  [[nodiscard]] std::string revocation_cache() const { return state + "/revocation"; }
  [[nodiscard]] const AuthoritySettings* authority(std::string_view wanted) const noexcept {
    for (const auto& each : authorities) {
      if (each.rules.name == wanted) return &each;
    }
    return nullptr;
  }
  /// Of the certificate authority on this host: ca.pem, ca.key.
  [[nodiscard]] std::string ca_directory() const { return state + "/ca"; }

  friend bool operator==(const GatewayConfig&, const GatewayConfig&) = default;
};

inline constexpr std::size_t kMaxGatewayConfigSize = 256U << 10U;

/// Refuses a file that group or others may write. All mistakes are reported, in order of line.
[[nodiscard]] Result<GatewayConfig, Diagnostics> load_gateway_config(const std::string& path);

/// The meaning of `text`; `file` is what diagnostics call it.
[[nodiscard]] Result<GatewayConfig, Diagnostics> parse_gateway_config(std::string_view text, const std::string& file);

}  // namespace sallyport
