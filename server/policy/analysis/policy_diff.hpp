#pragma once

#include "common/base/result.hpp"
#include "server/policy/analysis/condition_space.hpp"
#include "server/policy/analysis/person_classes.hpp"
#include "server/policy/analysis/region.hpp"
#include "server/policy/policy.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sallyport {

enum class Access : std::uint8_t { Gained, Lost };

/// These people gain or lose these destinations, while `when` holds.
struct AccessChange {
  Access access = Access::Lost;
  std::vector<std::string> people;  ///< sorted
  bool everyone_else = false;       ///< and all whom neither policy names
  Region region;
  Formula when = Formula::False;  ///< of PolicyDiff::space()
};

/// What a change of policy means: exactly the sessions and destinations of which the two policies say different things.
/// It speaks of enforced rules, and of sessions as they are: person, device, source and time are known.
class PolicyDiff {
 public:
  /// Only times from `since` on count. The error is words for a person: the policies are too large to compare.
  [[nodiscard]] static Result<PolicyDiff, std::string> between(std::shared_ptr<const Policy> before,
                                                               std::shared_ptr<const Policy> after, WallTime since);

  [[nodiscard]] const std::vector<AccessChange>& changes() const noexcept { return changes_; }
  [[nodiscard]] const Policy& before() const noexcept { return *before_; }
  [[nodiscard]] const Policy& after() const noexcept { return *after_; }
  [[nodiscard]] ConditionSpace& space() const noexcept { return *space_; }
  /// False: some of the changes may never come about; see ConditionSpace::exact().
  [[nodiscard]] bool exact() const noexcept { return space_->exact(); }
  /// Named by either policy.
  [[nodiscard]] std::size_t people() const noexcept { return people_; }

 private:
  PolicyDiff(std::shared_ptr<const Policy> before, std::shared_ptr<const Policy> after, WallTime since);

  std::shared_ptr<const Policy> before_;
  std::shared_ptr<const Policy> after_;
  std::unique_ptr<ConditionSpace> space_;
  std::vector<AccessChange> changes_;  ///< gains first, then by people
  std::size_t people_ = 0;
};

using DevicesOfPeople = std::map<std::string, std::vector<std::string>>;

/// {"same", "exact", "old":HASH, "new":HASH, "changes":[{"change":"gained"|"lost", "people", "everyone_else",
/// "devices":
///  {PERSON:[NAME]}, "to":[{"resource", "addresses", "services"}], "when":[[{"key", "words"}]], "when_complete"}]}:
/// `when` is a list of cases, any of which suffices, each a list of conditions, all of which must hold. `devices` are
/// those that are known of the people who are named.
[[nodiscard]] nlohmann::json to_json(const PolicyDiff& diff, const DevicesOfPeople& devices = {});
/// Several lines for a terminal, each ended.
[[nodiscard]] std::string to_text(const PolicyDiff& diff, const DevicesOfPeople& devices = {});

}  // namespace sallyport
