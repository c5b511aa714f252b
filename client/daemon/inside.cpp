#include "client/daemon/inside.hpp"

namespace sallyport {
namespace {

constexpr TunOptions kLaptopQueue{.multi_queue = true, .persist = true, .offload = true};
constexpr int kDiscardedPerTurn = 256;

}  // namespace

Result<void, NetworkFailure> Inside::become(const InsideSettings& settings) {
  if (const auto done = network_.become(plan_network(settings, has_ipv6())); !done) return done;
  if (lanes_) return {};
  auto made = network_.take_device(settings.interface);
  return open(made ? TunLanes::beside(std::move(*made), kLaptopQueue)
                   : TunLanes::open(settings.interface, kLaptopQueue));
}

Result<void, NetworkFailure> Inside::rest(const std::string& interface) {
  if (lanes_ && !is_open_as(interface)) {
    if (const auto closed = close(); !closed) return closed;
  }
  if (!network_.become(plan_network({interface, {}, {}}, has_ipv6()))) return close();
  if (lanes_) return {};
  auto made = network_.take_device(interface);
  if (!made || !open(TunLanes::beside(std::move(*made), kLaptopQueue))) return close();
  return {};
}

void Inside::discard(MutableBytes scratch) noexcept {
  for (int i = 0; i < kDiscardedPerTurn; ++i) {
    const auto packet = read(scratch);
    if (!packet) return watch(false);
    if (packet->bytes.empty()) return;
  }
}

Result<void, NetworkFailure> Inside::open(Result<TunLanes, SystemError> lanes) {
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
