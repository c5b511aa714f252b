#pragma once

#include "server/policy/resolved_policy.hpp"
#include "server/policy/rights_table.hpp"
#include "server/policy/session_facts.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace sallyport {

/// The tables of one policy that somebody holds, by the rules that apply: ten thousand sessions of fifty distinct
/// rights cost fifty tables. Which rules those are is found once for all whose facts are the same: what a session costs
/// otherwise does not depend on the number of rules. Safe to use from any thread; a table is compiled without holding
/// others up.
class RightsCache {
 public:
  /// `facts` are of `policy`.
  [[nodiscard]] std::shared_ptr<const RightsTable> table_for(const ResolvedPolicy& policy, const SessionFacts& facts);
  /// Tables that are in use.
  [[nodiscard]] std::size_t size() const;

 private:
  using Table = std::shared_ptr<const RightsTable>;
  /// Entries of tables that nobody holds any more are dropped when there are many.
  template <class Map>
  struct Tables {
    Map known;
    std::size_t sweep_at = 64;

    [[nodiscard]] Table find(const typename Map::key_type& key) const;
    /// What is there already, if somebody holds it, or else `table`.
    Table keep(const typename Map::key_type& key, Table table);
  };

  [[nodiscard]] Table compiled(const ResolvedPolicy& policy, const std::vector<std::uint32_t>& rules);

  mutable std::mutex mutex_;
  Tables<std::map<std::vector<std::uint32_t>, std::weak_ptr<const RightsTable>>> by_rules_;
  Tables<std::unordered_map<std::string, std::weak_ptr<const RightsTable>>> by_facts_;
};

}  // namespace sallyport
