#include "server/store/taken_addresses.hpp"

#include <iterator>

namespace sallyport {

bool TakenAddresses::has(const IpAddress& address) const {
  const auto behind = runs_.upper_bound(address);
  return behind != runs_.begin() && address <= std::prev(behind)->second;
}

void TakenAddresses::add(const IpAddress& address) {
  if (!pool_.can_lease(address) || has(address)) return;
  const auto behind = runs_.upper_bound(address);
  const bool joins = behind != runs_.begin() && std::prev(behind)->second.next() == address;
  const auto run = joins ? std::prev(behind) : runs_.emplace_hint(behind, address, address);
  run->second = address;
  if (behind == runs_.end() || address.next() != behind->first) return;
  run->second = behind->second;
  runs_.erase(behind);
}

std::optional<IpAddress> TakenAddresses::lowest_free() const {
  auto lowest = pool_.gateway().next();
  if (lowest && !runs_.empty() && runs_.begin()->first == *lowest) lowest = runs_.begin()->second.next();
  return lowest && pool_.can_lease(*lowest) ? lowest : std::nullopt;
}

}  // namespace sallyport
