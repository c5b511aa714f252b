#pragma once

#include "server/policy/analysis/smallest_change.hpp"
#include "server/policy/resolved_policy.hpp"

#include <functional>
#include <vector>

namespace sallyport {

/// A question that is varied.
struct Trial {
  Evidence evidence;
  WallTime now;
  std::vector<std::uint32_t> joined;  ///< groups that the person would be in as well
};

/// Asks the same at another time of day or date: what is known stays as old as it was when the question was asked.
void move_to(Trial& trial, WallTime time);

/// A way to vary it.
struct TrialOption {
  EvidenceChange words;
  std::function<void(Trial&)> apply;
};

/// The ways that the rules of a policy which lead to one destination could notice. Applied in this order.
class TrialOptions {
 public:
  /// `rules` are indices. All outlive this.
  TrialOptions(const ResolvedPolicy& policy, const std::vector<std::uint32_t>& rules, const Trial& asked);

  [[nodiscard]] std::vector<TrialOption> list() const;

  /// The question at another moment.
  [[nodiscard]] TrialOption at(WallTime time) const;
  /// Calls `visit` with each moment of the coming days at which some of the hours turn, and with each date of a rule,
  /// in order, until it returns true.
  void visit_turns(const std::function<bool(WallTime)>& visit) const;

 private:
  using Options = std::vector<TrialOption>;
  void append_freshness(Options& out) const;
  void append_age(Options& out, const char* key, std::optional<WallTime> Evidence::*learned) const;
  void append_postures(Options& out) const;
  void append_posture(Options& out, std::uint32_t posture, const std::vector<std::string>& satisfied) const;
  void append_times(Options& out) const;
  void append_sources(Options& out) const;
  void append_devices(Options& out) const;
  void append_groups(Options& out) const;
  void append_certificate(Options& out) const;
  [[nodiscard]] std::vector<WallTime> turning_times() const;
  [[nodiscard]] std::string time_words(WallTime time) const;

  const ResolvedPolicy& policy_;
  const Trial& asked_;
  std::vector<std::uint32_t> networks_;  ///< that the rules name; so are these
  std::vector<std::uint32_t> postures_;
  std::vector<std::uint32_t> hours_;
  std::vector<std::uint32_t> groups_;
  std::vector<std::string> devices_;
  std::vector<WallTime> dates_;
  bool asks_key_ = false;
  bool asks_proof_ = false;
  bool asks_revocation_ = false;
};

}  // namespace sallyport
