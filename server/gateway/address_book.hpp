#pragma once

#include "common/ip/address.hpp"
#include "server/session/session_grant.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <vector>

namespace sallyport {

/// Which session has which inside address, and which one waits to take over: one owner of each address at any time, and
/// the newest verified session of a device wins. A `Holder` has grant(), and is forgotten before it goes. Pure.
template <class Holder>
class AddressBook {
 public:
  struct Begun {
    bool is_held = false;              ///< an older session of its device has the addresses: take() gets them
    std::vector<Holder*> displaced{};  ///< have no claim any more and are to be ended
  };
  /// A session begins. What nobody of its device has is its own at once.
  [[nodiscard]] Begun begin(Holder& holder) {
    Begun begun;
    for (const auto& address : addresses_of(holder)) {
      Holder*& owner = owners_[address];
      if (owner != nullptr && is_of_same_device(*owner, holder)) {
        begun.is_held = true;
        continue;
      }
      // The address was another device's, which has another one now.
      if (owner != nullptr) add(begun.displaced, owner);
      owner = &holder;
    }
    if (!begun.is_held) return begun;
    Holder*& heir = heirs_[holder.grant().device];
    if (heir != nullptr) begun.displaced.push_back(heir);
    heir = &holder;
    return begun;
  }

  /// A held session is verified: the sessions that it takes over from. Nullopt: a newer one has taken over already.
  [[nodiscard]] std::optional<std::vector<Holder*>> take(Holder& holder) {
    std::vector<Holder*> older;
    for (const auto& address : addresses_of(holder)) {
      Holder* owner = this->owner(address);
      if (owner == nullptr || owner == &holder) continue;
      if (is_of_same_device(*owner, holder) && owner->grant().id > holder.grant().id) return std::nullopt;
      add(older, owner);
    }
    for (const auto& address : addresses_of(holder)) owners_[address] = &holder;
    forget_heir(holder);
    return older;
  }

  /// It has ended: what it has is free.
  void forget(const Holder& holder) {
    for (const auto& address : addresses_of(holder)) {
      const auto found = owners_.find(address);
      if (found != owners_.end() && found->second == &holder) owners_.erase(found);
    }
    forget_heir(holder);
  }

  [[nodiscard]] Holder* owner(const IpAddress& address) const {
    const auto found = owners_.find(address);
    return found == owners_.end() ? nullptr : found->second;
  }
  /// Which session of the same device and person has the addresses that `holder` has or had; null: none. What somebody
  /// else has by now was never taken over.
  [[nodiscard]] Holder* successor_of(const Holder& holder) const {
    for (const auto& address : addresses_of(holder)) {
      Holder* found = owner(address);
      if (found != nullptr && found != &holder && is_of_same_device(*found, holder) &&
          found->grant().user == holder.grant().user)
        return found;
    }
    return nullptr;
  }

 private:
  static std::vector<IpAddress> addresses_of(const Holder& holder) {
    std::vector<IpAddress> list;
    for (const auto& address : {holder.grant().addresses.v4, holder.grant().addresses.v6}) {
      if (address) list.push_back(*address);
    }
    return list;
  }
  static bool is_of_same_device(const Holder& a, const Holder& b) { return a.grant().device == b.grant().device; }
  static void add(std::vector<Holder*>& list, Holder* holder) {
    if (std::find(list.begin(), list.end(), holder) == list.end()) list.push_back(holder);
  }
  void forget_heir(const Holder& holder) {
    const auto heir = heirs_.find(holder.grant().device);
    if (heir != heirs_.end() && heir->second == &holder) heirs_.erase(heir);
  }

  std::unordered_map<IpAddress, Holder*> owners_;
  std::unordered_map<DeviceId, Holder*> heirs_;  ///< the newest session of each device that waits
};

}  // namespace sallyport
