#pragma once

#include "server/store/address_pool.hpp"

#include <map>
#include <optional>

namespace sallyport {

/// Which addresses of a pool devices have. They are kept as runs without a gap, so that the lowest free one is found at
/// once, however many are taken. Pure.
class TakenAddresses {
 public:
  explicit TakenAddresses(const AddressPool& pool) noexcept : pool_{pool} {}

  [[nodiscard]] const AddressPool& pool() const noexcept { return pool_; }
  [[nodiscard]] bool has(const IpAddress& address) const;
  /// What no device can have of this pool, or one has already, changes nothing.
  void add(const IpAddress& address);
  /// Nullopt: exhausted.
  [[nodiscard]] std::optional<IpAddress> lowest_free() const;

 private:
  AddressPool pool_;
  /// The first of each run and its last; between two runs an address is free.
  std::map<IpAddress, IpAddress> runs_;
};

}  // namespace sallyport
