#pragma once

#include "server/record/decision_record.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace sallyport {

/// Flows of one person to one destination that a candidate policy would have cut while they lived, by the same rule.
struct CutFlows {
  std::string user;
  Destination destination;
  std::optional<RuleReference> by;  ///< what let them in; nullopt: not recorded
  std::optional<RuleReference> cut_by;
  std::size_t count = 0;
  std::set<std::string> devices;  ///< at most kMaxDevices
  // Of the one that would have been cut first.
  WallTime since{};
  WallTime cut_at{};
  WallTime ended{};
  static constexpr std::size_t kMaxDevices = 8;
};

/// Follows recorded flows from start to end under a candidate policy, judging each again whenever its answer would have
/// run out. Only the evidence at the end of a flow is recorded: what was renewed until then is taken to have been fresh
/// at every moment before, so that a cut is certain, and a flow without one may yet have been cut. Pure.
class FlowReplay {
 public:
  /// Groups that are told apart; cuts beyond are only counted.
  static constexpr std::size_t kMaxGroups = 10'000;
  /// Judgements of one flow.
  static constexpr std::size_t kMaxSteps = 1000;

  explicit FlowReplay(std::shared_ptr<const Policy> candidate) : candidate_{std::move(candidate)} {}

  /// Anything but the end of a flow says nothing here.
  void add(const DecisionRecord& record);

  [[nodiscard]] std::size_t followed() const noexcept { return followed_; }
  [[nodiscard]] std::size_t cut() const noexcept { return cut_; }
  /// Of followed(): longer than kMaxSteps judgements, and not cut within these.
  [[nodiscard]] std::size_t unfinished() const noexcept { return unfinished_; }
  /// Most flows first.
  [[nodiscard]] std::vector<CutFlows> groups() const;

 private:
  using Key = std::tuple<std::string, Destination, std::optional<RuleReference>, std::optional<RuleReference>>;

  void group(const DecisionRecord& record, WallTime cut_at, const Decision& decision);

  std::shared_ptr<const Policy> candidate_;
  std::size_t followed_ = 0;
  std::size_t cut_ = 0;
  std::size_t unfinished_ = 0;
  std::map<Key, CutFlows> groups_;
};

/// {"followed", "cut", "unfinished", "groups":[{"user", "to", "count", "rule", "cut_by", "devices", "since", "cut_at",
///  "ended"}], "left_off"}; at most `most` groups.
[[nodiscard]] nlohmann::json to_json(const FlowReplay& replay, std::size_t most);

/// "2 flows of ana@example.com to 10.20.4.10:443/tcp would have been cut, the first at T: denied by [deny.x] (it lived
/// from T to T, allowed by [allow.y])"
[[nodiscard]] std::string to_text(const CutFlows& flows);

}  // namespace sallyport
