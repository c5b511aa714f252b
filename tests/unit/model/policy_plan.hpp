#pragma once

#include "server/policy/policy.hpp"
#include "tests/unit/model/world.hpp"

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace sallyport::model {

/// One rule, simple enough to be judged by reading it.
struct RulePlan {
  bool allows = true;
  bool in_shadow = false;
  int who = -1;        ///< a user, kUsers for the group of the first two, -1 for everyone
  int device = -1;     ///< only this one
  bool home = false;   ///< only from the network "homes"
  std::size_t to = 0;  ///< of kResources
  bool posture = false;
  std::optional<int> key_age{}, proof_age{}, revocation_age{};  ///< seconds
  int hours = 0;  ///< 1 during, 2 outside of Monday to Friday, 9 to 17, UTC
  std::optional<WallTime> until{};

  [[nodiscard]] bool speaks_of(int user, int of_device, int source, int place) const;
};
inline constexpr std::int64_t kReportedWithin = 600;

struct PolicyPlan {
  std::vector<RulePlan> rules;
  std::shared_ptr<const Policy> real{};

  [[nodiscard]] std::string toml() const;
};

/// Some policies by hand, the first of which denies everything, and random ones.
[[nodiscard]] std::vector<PolicyPlan> make_policies(std::uint64_t seed);

}  // namespace sallyport::model
