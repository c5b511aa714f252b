#include "client/daemon/inside.hpp"

namespace sallyport {

Result<void, NetworkFailure> Inside::become(const InsideSettings& settings) {
  if (const auto done = network_.become(plan_network(settings, has_ipv6())); !done) return done;
  return lanes_ ? Result<void, NetworkFailure>{} : open(settings.interface);
}

Result<void, NetworkFailure> Inside::open(const std::string& interface) {
  constexpr TunOptions kLaptopQueue{.multi_queue = true, .persist = true, .offload = true};
  auto made = network_.take_device(interface);
  auto lanes = made ? TunLanes::beside(std::move(*made), kLaptopQueue) : TunLanes::open(interface, kLaptopQueue);
  if (!lanes) return fail(NetworkFailure{lanes.error().message});
  std::vector<Poll> polls;
  for (const int fd : lanes->descriptors()) {
    auto poll = Poll::watch(loop_, fd, [this](bool, bool) { on_packets_(); });
    if (!poll) return fail(NetworkFailure{poll.error().message});
    polls.push_back(std::move(*poll));
  }
  lanes_.emplace(std::move(*lanes));
  polls_ = std::move(polls);
  return {};
}

Result<void, NetworkFailure> Inside::close() {
  polls_.clear();
  lanes_.reset();
  return network_.undo_all();
}

void Inside::watch(bool enabled) noexcept {
  for (Poll& poll : polls_) poll.set_interest(enabled, false);
}

}  // namespace sallyport
