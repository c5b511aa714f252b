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

  [[nodiscard]] std::vector<TrialOption> list() &&;

 private:
  void add(EvidenceChange words, std::function<void(Trial&)> apply);
  void add_freshness();
  void add_age(const char* key, std::optional<WallTime> Evidence::*learned);
  void add_postures();
  void add_times();
  void add_sources();
  void add_devices();
  void add_groups();
  void add_certificate();
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
  std::vector<TrialOption> options_;
};

}  // namespace sallyport
