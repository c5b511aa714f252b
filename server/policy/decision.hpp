#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <string_view>

namespace sallyport {

enum class Verdict : std::uint8_t { Deny, Allow };

/// Why a decision is what it is.
enum class DecisionReason : std::uint8_t {
  NoPolicy,            ///< no policy is loaded, or it holds no rule
  NoRule,              ///< no allow rule matches
  DeniedByRule,        ///< a deny rule matches
  Allowed,             ///< an allow rule matches and no deny rule does
  CertificateExpired,  ///< the device certificate of this session is past its end
  RightsOutdated,      ///< asked at a moment for which these rights were not made
};

/// The stable word for records and JSON: "denied_by_rule".
[[nodiscard]] std::string_view name_of(DecisionReason reason) noexcept;
[[nodiscard]] std::string_view describe(DecisionReason reason) noexcept;
/// "allow" or "deny".
[[nodiscard]] std::string_view name_of(Verdict verdict) noexcept;

/// The place of a rule in Policy::rules() of the policy that decided.
enum class RuleIndex : std::uint32_t {};
inline constexpr RuleIndex kNoRule{0xffffffffU};

/// The answer for one destination. A default one denies and has already expired.
struct Decision {
  Verdict verdict = Verdict::Deny;
  RuleIndex rule = kNoRule;  ///< the rule that decided; kNoRule when none did
  WallTime valid_until{};    ///< from this second on, ask again; kNever: time alone changes nothing
  DecisionReason reason = DecisionReason::NoPolicy;
  RuleIndex shadow = kNoRule;  ///< the rule in shadow that would turn the verdict if it were enforced

  [[nodiscard]] bool allows() const noexcept { return verdict == Verdict::Allow; }
  friend bool operator==(const Decision&, const Decision&) = default;
};

/// What the person at the laptop may know about a decision: never a rule, a name or an address.
struct EmployeeReason {
  std::string_view reason_class;  ///< "allowed", "not_allowed", "certificate_expired", "policy_unavailable" ...
  std::string_view words;
};
[[nodiscard]] EmployeeReason employee_reason(const Decision& decision) noexcept;

}  // namespace sallyport
