#pragma once

#include "server/record/decision_record.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sallyport {

/// Recorded decisions of one person about one destination that a candidate policy would turn, by the same rule.
struct TurnedDecisions {
  std::string user;
  Destination destination;
  Verdict was = Verdict::Deny;
  std::optional<RuleReference> by;  ///< the rule that decided
  Verdict would_be = Verdict::Deny;
  std::optional<RuleReference> would_be_by;
  std::size_t count = 0;
  std::set<std::string> devices;  ///< at most kMaxDevices
  WallTime first{};
  WallTime last{};
  static constexpr std::size_t kMaxDevices = 8;
};

/// Judges recorded decisions again under a candidate policy. Times and ages are those of the record. Pure.
class Replay {
 public:
  /// Groups that are told apart; decisions beyond are only counted.
  static constexpr std::size_t kMaxGroups = 10'000;

  explicit Replay(std::shared_ptr<const Policy> candidate) : candidate_{std::move(candidate)} {}

  void add(const DecisionRecord& record);

  [[nodiscard]] std::size_t judged() const noexcept { return judged_; }
  [[nodiscard]] std::size_t turned() const noexcept { return newly_denied_ + newly_allowed_; }
  [[nodiscard]] std::size_t newly_denied() const noexcept { return newly_denied_; }
  [[nodiscard]] std::size_t newly_allowed() const noexcept { return newly_allowed_; }
  /// Most decisions first.
  [[nodiscard]] std::vector<TurnedDecisions> groups() const;

 private:
  using Key = std::tuple<std::string, Destination, Verdict, std::optional<RuleReference>, std::optional<RuleReference>>;

  Decision judge(const DecisionRecord& record);
  void group(const DecisionRecord& record, const Decision& decision);

  std::shared_ptr<const Policy> candidate_;
  std::size_t judged_ = 0;
  std::size_t newly_denied_ = 0;
  std::size_t newly_allowed_ = 0;
  std::map<Key, TurnedDecisions> groups_;
  /// Keeps compiled tables from being made again for every record.
  std::unordered_map<const RightsTable*, std::shared_ptr<const RightsTable>> tables_;
};

/// {"judged", "turned", "newly_denied", "newly_allowed", "groups":[{"user", "to", "count", "was":{"verdict","rule"},
///  "would_be":likewise, "devices", "first", "last"}], "left_off"}; at most `most` groups.
[[nodiscard]] nlohmann::json to_json(const Replay& replay, std::size_t most);

/// "12 decisions of ana@example.com to 10.20.4.10:443/tcp would be denied by [deny.x] (were allowed by [allow.y])"
[[nodiscard]] std::string to_text(const TurnedDecisions& turned);

}  // namespace sallyport
