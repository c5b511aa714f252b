#pragma once

#include "common/pki/trust_bundle.hpp"
#include "server/store/device_record.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

inline constexpr std::chrono::seconds kForecastHorizon = std::chrono::days{30};

/// Stable names: "device", "gateway", "authority", "revocation_list".
enum class EndingKind : std::uint8_t { Device, Gateway, Authority, RevocationList };
[[nodiscard]] std::string_view name_of(EndingKind kind) noexcept;

/// Something that ends by itself, and whom that locks out.
struct Ending {
  EndingKind kind;
  WallTime at{};                    ///< its last second; past: it has ended
  std::string what;                 ///< for people: "the certificate of ana-laptop"
  std::string authority;            ///< name of the foreign authority that it is of; empty: our own
  std::vector<DeviceId> devices{};  ///< that cannot connect after it, by name
  std::vector<UserId> people{};     ///< whose they are, by name, each once
  std::string remedy;               ///< what to do
  bool is_due = false;              ///< it should have been replaced by now: what the gateway warns of
};

struct ForecastInput {
  const TrustBundle* bundle;
  const CertificateInfo* gateway;  ///< null: it cannot be read
  std::string gateway_name;
  std::vector<DeviceRecord> devices;
  bool renews = false;  ///< the gateway renews certificates of its own authority
};

/// What ends until `horizon` after `now`, or has ended, in order of time. Of devices only the active ones count, each
/// with its newest certificate.
[[nodiscard]] std::vector<Ending> forecast(const ForecastInput& input, WallTime now, std::chrono::seconds horizon);

/// "ana-laptop, bo-laptop and 3 more".
[[nodiscard]] std::string names_of(const std::vector<DeviceId>& devices, std::size_t most);

}  // namespace sallyport
