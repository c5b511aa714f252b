#pragma once

#include "common/base/time.hpp"
#include "common/ip/address.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace sallyport {

/// Sorted, merged, disjoint ranges of addresses, shared by everybody who reaches the same.
using Routes = std::shared_ptr<const std::vector<IpRange>>;

/// What is reachable by one table, by what it follows from: which guards are met, and which dates have passed. Sessions
/// of equal rights then cost one calculation, and the thread that compiled the table ahead can do that too. Safe to use
/// from any thread.
class RouteCache {
 public:
  struct Key {
    std::vector<bool> met;  ///< parallel to the guards of the table
    WallTime next_date;     ///< the first date in the rules that is still to come
    friend bool operator==(const Key&, const Key&) = default;
  };

  /// Null: not known.
  [[nodiscard]] Routes find(const Key& key) const;
  /// The answer to keep: what another thread has found meanwhile, or else `routes`.
  [[nodiscard]] Routes keep(Key key, Routes routes);

 private:
  /// Sessions whose evidence differs in age need a few; more of them would be kept for nobody.
  static constexpr std::size_t kMaxEntries = 8;
  struct Entry {
    Key key;
    Routes routes;
  };

  [[nodiscard]] Routes look_up(const Key& key) const;

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;  ///< the newest last
};

}  // namespace sallyport
