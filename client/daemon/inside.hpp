#pragma once

#include "client/linux/journalled_network.hpp"
#include "client/linux/network_plan.hpp"
#include "common/uv/loop.hpp"
#include "common/uv/poll.hpp"
#include "tun/device.hpp"

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
  /// 0: none waits. Requires is_open().
  [[nodiscard]] Result<std::size_t, SystemError> read(MutableBytes out) noexcept { return device_->read(out); }
  [[nodiscard]] bool write(Bytes packet) noexcept { return device_ && device_->write(packet); }

 private:
  [[nodiscard]] Result<void, NetworkFailure> open(const std::string& interface);

  Loop& loop_;
  JournalledNetwork network_;
  std::function<void()> on_packets_;
  std::optional<TunDevice> device_;
  std::optional<Poll> poll_;  ///< destroyed before the device
};

}  // namespace sallyport
