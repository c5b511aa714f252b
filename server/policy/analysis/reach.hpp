#pragma once

#include "server/policy/analysis/condition_space.hpp"
#include "server/policy/decision.hpp"
#include "server/policy/destination.hpp"
#include "server/policy/policy.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// A case in which a rule lets somebody through: all of it must hold. Nothing: always.
struct Need {
  std::vector<std::string> devices;  ///< on any of these; empty: whatever the device
  std::vector<std::string> words;    ///< the other conditions

  friend bool operator==(const Need&, const Need&) = default;
};

/// One rule by which somebody gets somewhere.
struct Way {
  RuleIndex rule = kNoRule;
  std::vector<Need> needs;  ///< any of these suffices; never empty
  bool complete = true;     ///< false: there are more

  friend bool operator==(const Way&, const Way&) = default;
};

struct Reacher {
  std::vector<std::string> people;  ///< sorted
  bool everyone_else = false;       ///< and all whom the policy does not name
  std::vector<Way> ways;            ///< never empty
};

/// Who reaches a destination.
struct Reach {
  Destination destination;
  std::vector<Reacher> by;
  std::vector<std::string> left_out;  ///< whom the policy or a test of it names, and who do not: sorted
  bool exact = true;                  ///< false: see ConditionSpace::exact()
};

/// Everybody whom the policy lets through to `destination`, by which rules and under which conditions; what denies ask
/// stands among the conditions. With `at` the date and the hours are those of that moment; without, they are conditions
/// too, for all times from `now` on. The error is words for a person.
[[nodiscard]] Result<Reach, std::string> who_reaches(const Policy& policy, const Destination& destination,
                                                     std::optional<WallTime> at, WallTime now);

}  // namespace sallyport
