#pragma once

#include "server/policy/rights_table.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>

namespace sallyport {

/// Tables of one policy that somebody may need soon, so that who comes, or comes back, does not wait for the compiler.
/// The newest ones, up to a size; it decides nothing, and what is not here is compiled.
class RightsShelf {
 public:
  using Table = std::shared_ptr<const RightsTable>;

  /// Some sixteen tables of a thousand rules each.
  static constexpr std::size_t kUsual = 1U << 20U;

  explicit RightsShelf(std::size_t most_octets = kUsual) noexcept : most_{most_octets} {}

  /// The oldest make room. A table that is larger than the shelf is not kept.
  void keep(Table table) {
    const std::size_t size = table->size();
    const bool is_here = std::find(tables_.begin(), tables_.end(), table) != tables_.end();
    if (is_here || size > most_) return;
    for (; octets_ + size > most_; tables_.pop_front()) octets_ -= tables_.front()->size();
    octets_ += size;
    tables_.push_back(std::move(table));
  }
  /// Another policy counts.
  void clear() noexcept {
    tables_.clear();
    octets_ = 0;
  }
  [[nodiscard]] std::size_t octets() const noexcept { return octets_; }
  /// Much more would push out what is here.
  [[nodiscard]] bool is_full() const noexcept { return octets_ > most_ / 2; }

 private:
  std::size_t most_;
  std::deque<Table> tables_;  ///< the newest last
  std::size_t octets_ = 0;
};

}  // namespace sallyport
