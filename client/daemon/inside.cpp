#include "client/daemon/inside.hpp"

#include "common/base/hex.hpp"

#include <array>
#include <random>
#include <span>

namespace sallyport {
namespace {

constexpr TunOptions kLaptopQueue{.multi_queue = true, .persist = true, .offload = true};
constexpr int kDiscardedPerTurn = 256;

/// No other interface has it, on whatever system.
std::string new_mark() {
  std::random_device random;
  std::array<std::uint32_t, 4> words{};
  for (auto& word : words) word = random();
  return "sallyport " + to_hex(std::as_bytes(std::span{words}));
}

}  // namespace

Inside::Inside(Loop& loop, JournalledNetwork network, std::function<void()> on_packets, std::function<void()> on_loss)
    : loop_{loop},
      network_{std::move(network)},
      on_packets_{std::move(on_packets)},
      on_loss_{std::move(on_loss)},
      mark_{new_mark()} {}

Result<void, NetworkFailure> Inside::become(const InsideSettings& settings) {
  // Somebody removed it, or gave it another name: from nothing.
  if (lanes_ && !lanes_->is_attached()) {
    if (const auto closed = close(); !closed) return closed;
  }
  if (const auto done = change(settings); !done) return done;
  if (lanes_) return {};
  auto made = network_.take_device(settings.interface);
  return open(made ? TunLanes::beside(std::move(*made), kLaptopQueue)
                   : TunLanes::open(settings.interface, kLaptopQueue));
}

Result<void, NetworkFailure> Inside::rest(const std::string& interface) {
  if (lanes_ && (!is_open_as(interface) || !lanes_->is_attached())) {
    if (const auto closed = close(); !closed) return closed;
  }
  if (!change({interface, {}, {}})) return close();
  if (lanes_) return {};
  auto made = network_.take_device(interface);
  if (!made || !open(TunLanes::beside(std::move(*made), kLaptopQueue))) return close();
  return {};
}

/// What others take away from now on is still to be read when this ends.
Result<void, NetworkFailure> Inside::change(InsideSettings settings) {
  watch_network();
  const bool is_watched = read_watch();
  settings.mark = mark_;
  const auto ipv6 = ipv6_of(settings.interface);
  auto done = network_.become(plan_network(settings, ipv6), {is_whole_, attached()});
  if (done) ipv6_ = ipv6;
  is_whole_ = is_watched && done.has_value();
  return done;
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
  look_after_mark();
  return {};
}

Result<std::size_t, NetworkFailure> Inside::restore() {
  if (!lanes_) return std::size_t{0};
  if (!lanes_->is_attached()) return fail(NetworkFailure{"the tunnel interface is gone"});
  const bool is_watched = read_watch();
  auto done = network_.restore();
  is_whole_ = is_watched && done.has_value();
  return done;
}

/// False: nobody watches, or more is to be read than was.
bool Inside::read_watch() noexcept {
  if (!network_watch_) return false;
  if (network_watch_->take() || network_watch_->has_more()) is_whole_ = false;
  return !network_watch_->has_more();
}

/// Where it cannot be had, what is missing is found when a session begins.
void Inside::watch_network() {
  if (network_poll_) return;
  auto watch = NetworkWatch::open(kTunnelTable);
  if (!watch) return;
  auto poll = Poll::watch(loop_, watch->fd(), [this](bool, bool) {
    const bool has_lost = network_watch_->take();
    if (has_lost || network_watch_->has_more()) is_whole_ = false;
    if (has_lost) on_loss_();
  });
  if (!poll) return;
  network_watch_.emplace(std::move(*watch));
  network_poll_.emplace(std::move(*poll));
  network_poll_->set_interest(true, false);
  look_after_mark();
}

void Inside::look_after_mark() {
  if (network_watch_ && lanes_) network_watch_->look_after(lanes_->name(), mark_);
}

std::optional<std::string> Inside::attached() const {
  return lanes_ && lanes_->is_attached() ? std::optional{lanes_->name()} : std::nullopt;
}

Result<void, NetworkFailure> Inside::close() {
  is_whole_ = false;
  polls_.clear();
  // Also where somebody took its mark away.
  if (lanes_) lanes_->forsake();
  auto undone = network_.undo_all({.interface = attached()});
  lanes_.reset();
  return undone;
}

bool Inside::has_other_ipv6() const { return lanes_ && ipv6_of(lanes_->name()) != ipv6_; }

void Inside::watch(bool enabled) noexcept {
  for (Poll& poll : polls_) poll.set_interest(enabled, false);
}

}  // namespace sallyport
