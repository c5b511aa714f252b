#include "server/gateway/packet_exchange.hpp"

#include <utility>

namespace sallyport {

PacketExchange::PacketExchange(std::size_t workers) : wakers_(workers) {
  for (std::size_t i = 0; i < workers * workers; ++i) lanes_.push_back(std::make_unique<PacketLane>());
}

std::size_t PacketExchange::memory_of(WorkerNumber from) const noexcept {
  std::size_t octets = 0;
  for (std::size_t i = 0; i < workers(); ++i) octets += lanes_[index_of(from) * workers() + i]->memory();
  return octets;
}

ExchangePort::Given ExchangePort::give(const SuperPacket& packet, const IpAddress& destination) {
  const auto owner = exchange_ == nullptr ? std::nullopt : exchange_->directory().worker_of(destination);
  if (!owner || *owner == self_) return Given::Nobody;
  // Also when it is full: what waits there already must be taken.
  given_ |= 1U << index_of(*owner);
  return exchange_->lane(self_, *owner).give(packet) ? Given::Yes : Given::Full;
}

void ExchangePort::publish() noexcept {
  auto given = std::exchange(given_, 0U);
  for (std::size_t i = 0; given != 0; ++i, given >>= 1U) {
    if ((given & 1U) == 0) continue;
    const WorkerNumber to{static_cast<std::uint8_t>(i)};
    if (exchange_->lane(self_, to).publish()) exchange_->wakers_[i]->send();
  }
}

void ExchangePort::release_unused(TimePoint now) noexcept {
  if (exchange_ == nullptr || now - released_ < kLaneIdle) return;
  released_ = now;
  for (std::size_t i = 0; i < exchange_->workers(); ++i) {
    exchange_->lane(self_, WorkerNumber{static_cast<std::uint8_t>(i)}).release_unused();
  }
}

}  // namespace sallyport
