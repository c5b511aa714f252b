#pragma once

#include "client/linux/journalled_network.hpp"
#include "client/linux/network_plan.hpp"
#include "common/uv/loop.hpp"
#include "common/uv/poll.hpp"
#include "tun/lanes.hpp"
#include "tun/network_watch.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// The laptop's side of a tunnel: the interface with its addresses and routes, and the packets programs send into it.
/// It stays while the outside reconnects, so that protected traffic waits instead of leaving by another way.
class Inside {
 public:
  /// `on_loss`: others may have taken away what restore() puts back.
  Inside(Loop& loop, JournalledNetwork network, std::function<void()> on_packets, std::function<void()> on_loss);

  /// Makes `settings` the whole of our network; opens the interface when it is not.
  [[nodiscard]] Result<void, NetworkFailure> become(const InsideSettings& settings);
  /// No address, no route: the interface of that name waits for the next session, and nothing passes. Where that cannot
  /// be had, everything goes: is_open() says which. A failure is of taking away.
  [[nodiscard]] Result<void, NetworkFailure> rest(const std::string& interface);
  [[nodiscard]] bool is_open_as(const std::string& interface) const noexcept {
    return lanes_ && lanes_->name() == interface;
  }
  /// Whether IPv6 passes, as far as become() found.
  [[nodiscard]] Ipv6 ipv6() const noexcept { return ipv6_; }
  /// Somebody switched it on or off since: become() takes that in.
  [[nodiscard]] bool has_other_ipv6() const;
  /// Puts back what others took away; how many things. Fails when the interface itself is gone.
  [[nodiscard]] Result<std::size_t, NetworkFailure> restore();
  [[nodiscard]] std::uint64_t restored() const noexcept { return network_.restored(); }
  /// Somebody removed the interface, or gave it another name.
  [[nodiscard]] bool has_lost_interface() const noexcept { return lanes_ && !lanes_->is_attached(); }
  /// Takes everything away.
  [[nodiscard]] Result<void, NetworkFailure> close();
  [[nodiscard]] bool is_open() const noexcept { return lanes_.has_value(); }
  /// Nobody may have sent anything into it that counts: whatever waits in it is gone.
  void discard(MutableBytes scratch) noexcept;

  /// Whether packets from programs are taken; they wait in the kernel's bounded queue otherwise.
  void watch(bool enabled) noexcept;
  /// Empty: none waits. Requires is_open().
  [[nodiscard]] Result<SuperPacket, SystemError> read(MutableBytes scratch) noexcept {
    return lanes_->read(scratch, loop_.now().steady);
  }
  /// As PacketWriter does it; without an interface nothing is written.
  void write(const SuperPacket& packet, MutableBytes lender) noexcept {
    if (lanes_) lanes_->write(packet, lender, loop_.now().steady);
  }
  void flush() noexcept {
    if (lanes_) lanes_->flush();
  }
  [[nodiscard]] std::uint64_t take_lost() noexcept { return lanes_ ? lanes_->take_lost() : 0; }

 private:
  [[nodiscard]] Result<void, NetworkFailure> open(Result<TunLanes, SystemError> lanes);
  [[nodiscard]] Result<void, NetworkFailure> change(InsideSettings settings);
  void watch_network();
  void look_after_mark();
  [[nodiscard]] bool read_watch() noexcept;
  /// The name of the interface that is open; nullopt: none, or it is not what it was.
  [[nodiscard]] std::optional<std::string> attached() const;

  Loop& loop_;
  JournalledNetwork network_;
  std::function<void()> on_packets_;
  std::function<void()> on_loss_;
  std::string mark_;  ///< of each interface that is made
  Ipv6 ipv6_ = Ipv6::Usable;
  bool is_whole_ = false;  ///< all that is applied was there once, and the watch has told of nothing since
  std::optional<NetworkWatch> network_watch_;
  std::optional<Poll> network_poll_;  ///< destroyed before the watch
  std::optional<TunLanes> lanes_;
  std::vector<Poll> polls_;  ///< destroyed before the lanes
};

}  // namespace sallyport
