#include "server/store/address_pool.hpp"

namespace sallyport {

IpAddress AddressPool::gateway() const noexcept { return prefix_.network().next().value_or(prefix_.network()); }

bool AddressPool::can_lease(const IpAddress& address) const noexcept {
  if (!prefix_.contains(address) || address == prefix_.network() || address == gateway()) return false;
  return !address.is_v4() || address != prefix_.last();
}

}  // namespace sallyport
