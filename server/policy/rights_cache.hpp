#pragma once

#include "server/policy/resolved_policy.hpp"
#include "server/policy/rights_table.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace sallyport {

/// The tables of one policy that somebody holds, by the rules that apply: ten thousand sessions of fifty distinct
/// rights cost fifty tables. Safe to use from any thread; a table is compiled without holding others up.
class RightsCache {
 public:
  /// `rules` are sorted, each once.
  [[nodiscard]] std::shared_ptr<const RightsTable> table_for(const ResolvedPolicy& policy,
                                                             const std::vector<std::uint32_t>& rules);
  /// Tables that are in use.
  [[nodiscard]] std::size_t size() const;

 private:
  [[nodiscard]] std::shared_ptr<const RightsTable> find(const std::vector<std::uint32_t>& rules) const;
  void forget_unused();

  mutable std::mutex mutex_;
  std::map<std::vector<std::uint32_t>, std::weak_ptr<const RightsTable>> tables_;
  std::size_t sweep_at_ = 64;  ///< with that many entries those nobody holds are dropped
};

}  // namespace sallyport
