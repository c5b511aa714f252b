#include "client/daemon/inside.hpp"

namespace sallyport {

Result<void, NetworkFailure> Inside::become(const InsideSettings& settings) {
  if (const auto done = network_.become(plan_network(settings, has_ipv6())); !done) return done;
  return device_ ? Result<void, NetworkFailure>{} : open(settings.interface);
}

Result<void, NetworkFailure> Inside::open(const std::string& interface) {
  auto made = network_.take_device(interface);
  auto device = made ? Result<TunDevice, SystemError>{std::move(*made)}
                     : TunDevice::open(interface, {.multi_queue = false, .persist = true, .offload = true});
  if (!device) return fail(NetworkFailure{device.error().message});
  auto poll = Poll::watch(loop_, device->fd(), [this](bool, bool) { on_packets_(); });
  if (!poll) return fail(NetworkFailure{poll.error().message});
  device_.emplace(std::move(*device));
  poll_.emplace(std::move(*poll));
  return {};
}

Result<void, NetworkFailure> Inside::close() {
  poll_.reset();
  device_.reset();
  return network_.undo_all();
}

void Inside::watch(bool enabled) noexcept {
  if (poll_) poll_->set_interest(enabled, false);
}

}  // namespace sallyport
