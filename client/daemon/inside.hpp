#pragma once

#include "client/linux/journalled_network.hpp"
#include "client/linux/network_plan.hpp"
#include "common/uv/loop.hpp"
#include "common/uv/poll.hpp"
#include "tun/device.hpp"
#include "tun/packet_writer.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace sallyport {

/// The laptop's side of a tunnel: the interface with its addresses and routes, and the packets programs send into it.
/// It stays while the outside reconnects, so that protected traffic waits instead of leaving by another way.
class Inside {
 public:
  Inside(Loop& loop, JournalledNetwork network, std::function<void()> on_packets)
      : loop_{loop}, network_{std::move(network)}, on_packets_{std::move(on_packets)} {}

  /// Makes `settings` the whole of our network; opens the interface when it is not.
  [[nodiscard]] Result<void, NetworkFailure> become(const InsideSettings& settings);
  /// Takes everything away.
  [[nodiscard]] Result<void, NetworkFailure> close();
  [[nodiscard]] bool is_open() const noexcept { return device_.has_value(); }

  /// Whether packets from programs are taken; they wait in the kernel's bounded queue otherwise.
  void watch(bool enabled) noexcept;
  /// Empty: none waits. Requires is_open().
  [[nodiscard]] Result<SuperPacket, SystemError> read(MutableBytes scratch) noexcept { return device_->read(scratch); }
  /// As PacketWriter does it; without an interface nothing is written.
  void write(const SuperPacket& packet, MutableBytes lender) noexcept {
    if (device_) writer_.write(*device_, packet, lender);
  }
  void flush() noexcept {
    if (device_) writer_.flush(*device_);
  }
  [[nodiscard]] std::uint64_t take_lost() noexcept { return writer_.take_lost(); }

 private:
  [[nodiscard]] Result<void, NetworkFailure> open(const std::string& interface);

  Loop& loop_;
  JournalledNetwork network_;
  std::function<void()> on_packets_;
  std::optional<TunDevice> device_;
  PacketWriter writer_;
  std::optional<Poll> poll_;  ///< destroyed before the device
};

}  // namespace sallyport
