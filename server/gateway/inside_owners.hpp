#pragma once

#include "common/ip/address.hpp"
#include "server/flow/inside_addresses.hpp"

#include <unordered_map>

namespace sallyport {

/// Which `Owner` on a worker the packets for an inside address go to. Owners outlive their place here. Pure.
template <class Owner>
class InsideOwners {
 public:
  /// From now on they are `owner`'s. What owned them before, and is not `owner`, is given to `take_over`, once.
  template <class TakeOver>
  void claim(Owner& owner, const InsideAddresses& addresses, TakeOver take_over) {
    const Owner* taken_over = nullptr;
    for (const auto& address : {addresses.v4, addresses.v6}) {
      if (!address) continue;
      Owner*& present = owners_[*address];
      // Both of its addresses at once: taken twice, the flows would go back.
      const bool is_new_owner = present != nullptr && present != &owner && present != taken_over;
      if (is_new_owner) take_over(*present);
      if (is_new_owner) taken_over = present;
      present = &owner;
    }
  }
  /// Null when nobody has this address.
  [[nodiscard]] Owner* find(const IpAddress& address) const {
    const auto found = owners_.find(address);
    return found == owners_.end() ? nullptr : found->second;
  }
  void forget(const Owner& owner) {
    std::erase_if(owners_, [&owner](const auto& entry) { return entry.second == &owner; });
  }

 private:
  std::unordered_map<IpAddress, Owner*> owners_;
};

}  // namespace sallyport
