#pragma once

#include "common/base/diagnostic.hpp"
#include "common/base/result.hpp"
#include "server/gateway/policy_impact.hpp"
#include "server/history/policy_record.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

inline constexpr auto kShortestTrial = std::chrono::seconds{10};
inline constexpr auto kLongestTrial = std::chrono::hours{24};

/// How an administrator wants a policy changed.
struct ChangeRequest {
  std::string by;
  std::optional<std::size_t> max_cut{};           ///< refuse when more live sessions than this would lose access
  std::optional<std::chrono::seconds> confirm{};  ///< apply alone: go back after this time unless confirmed
  std::optional<PolicyDigest> digest{};           ///< apply alone: no other files than these
};

/// A change that is in force on every worker.
struct PolicyChange {
  PolicyVersion version;
  bool is_new = true;  ///< false: these files were in force already
  PolicyImpact impact{};
};

enum class PolicyRefusalReason : std::uint8_t {
  Busy,                  ///< another change is under way
  AwaitingConfirmation,  ///< a version is on trial
  NothingOnTrial,
  NotOnTrial,  ///< another version is than the one that was to be confirmed
  BadPolicy,   ///< it does not load, or fails its tests
  TooManyCut,
  NoSuchVersion,
  RunsAlready,
  HistoryUnwritable,
  AuditUnwritable,
};
inline constexpr std::size_t kPolicyRefusalReasons = static_cast<std::size_t>(PolicyRefusalReason::AuditUnwritable) + 1;
/// The stable word for logs and JSON: "too_many_cut".
[[nodiscard]] std::string_view name_of(PolicyRefusalReason reason) noexcept;

/// Why nothing changed.
struct PolicyRefusal {
  PolicyRefusalReason reason;
  std::string words;
  std::string hint{};
  Diagnostics diagnostics{};
  PolicyImpact impact{};
};

/// Of a change that nobody could record.
[[nodiscard]] PolicyRefusal unaudited();

using PolicyOutcome = Result<PolicyChange, PolicyRefusal>;
using WhenPolicyChanged = std::function<void(const PolicyOutcome&)>;

/// What became of the policy when the gateway read its files again.
enum class ReloadedPolicy : std::uint8_t {
  InForce,               ///< what the policy directory holds is in force
  Held,                  ///< the directory still holds files that were taken out of force
  AwaitingConfirmation,  ///< a version is on trial, and the directory holds other files
  Busy,                  ///< another change is under way
  HalfInstalled,         ///< the directory is marked: its files are being replaced, or that was cut short
  Unaudited,             ///< a new version cannot be recorded in the audit file
};
inline constexpr std::size_t kReloadedPolicies = static_cast<std::size_t>(ReloadedPolicy::Unaudited) + 1;
/// "in_force", "held", "awaiting_confirmation", "busy", "half_installed", "audit_unwritable".
[[nodiscard]] std::string_view name_of(ReloadedPolicy result) noexcept;

/// How often since the start.
struct PolicyCounts {
  std::array<std::uint64_t, kPolicyRefusalReasons> refused{};  ///< by PolicyRefusalReason
  std::array<std::uint64_t, kReloadedPolicies> reloaded{};     ///< by ReloadedPolicy
};

}  // namespace sallyport
