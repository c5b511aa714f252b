#pragma once

#include "server/policy/guard.hpp"
#include "server/policy/resolved_policy.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sallyport {

/// What the gateway has for one condition, and how that compares.
struct ConditionAnswer {
  std::string required;  ///< what the rule asks for
  std::string actual;    ///< what this session has; "unknown" when the gateway does not know
  TimedTruth answer;
};

/// Words for the conditions of a guard. `policy` and `evidence` outlive this.
class ConditionText {
 public:
  ConditionText(const ResolvedPolicy& policy, const Evidence& evidence, WallTime now) noexcept
      : policy_{policy}, evidence_{evidence}, judge_{policy, evidence}, now_{now} {}

  [[nodiscard]] ConditionAnswer posture(const Guard& guard) const;
  [[nodiscard]] ConditionAnswer during(const Guard& guard) const;
  [[nodiscard]] ConditionAnswer outside(const Guard& guard) const;
  [[nodiscard]] ConditionAnswer key_age(const Guard& guard) const;
  [[nodiscard]] ConditionAnswer proof_age(const Guard& guard) const;
  [[nodiscard]] ConditionAnswer revocation_age(const Guard& guard) const;

 private:
  [[nodiscard]] std::string names_of_postures(const std::vector<std::uint32_t>& indices) const;
  [[nodiscard]] std::string posture_of(const std::vector<std::uint32_t>& indices) const;
  [[nodiscard]] std::string lines_of(const PolicyPosture& posture) const;
  [[nodiscard]] std::string hours(const std::vector<std::uint32_t>& indices) const;
  [[nodiscard]] std::string local_times(const std::vector<std::uint32_t>& indices) const;

  const ResolvedPolicy& policy_;
  const Evidence& evidence_;
  GuardJudge judge_;
  WallTime now_;
};

/// How many items join_some() names.
inline constexpr std::size_t kMaxListed = 8;

/// The first few items, then how many more there are.
[[nodiscard]] std::string join_some(const std::vector<std::string>& items);

template <class Items, class ToText>
[[nodiscard]] std::string join_each(const Items& items, ToText to_text) {
  std::vector<std::string> texts;
  for (const auto& item : items) texts.push_back(to_text(item));
  return join_some(texts);
}

}  // namespace sallyport
