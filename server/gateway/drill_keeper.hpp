#pragma once

#include "server/gateway/control_books.hpp"
#include "server/gateway/drill.hpp"
#include "server/gateway/worker_orders.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace sallyport {

/// The drill that is under way, if there is one.
class DrillKeeper {
 public:
  /// `orders` outlives this.
  DrillKeeper(const ControlBooks& books, WorkerOrders& orders)
      : snapshot_{books.snapshot},
        clock_{books.clock},
        store_{books.store},
        registry_{books.registry},
        journal_{books.journal},
        log_{books.log},
        orders_{orders} {}

  /// Lets this device, which is a drill's, in for a while, with a way to `port` of the gateway's own inside address
  /// alone. The error is words.
  [[nodiscard]] Result<IpAddress, std::string> begin(const DeviceId& device, std::uint16_t port, const std::string& by);
  /// Ends its sessions, if there is one, and forgets every identity that was made for drills.
  void end();
  /// Call it every second.
  void handle_timeout();

  [[nodiscard]] bool is_of(const DeviceId& device) const { return drill_ && drill_->device == device; }
  /// What judges the drill's device; null for all others.
  [[nodiscard]] std::shared_ptr<const Policy> policy_for(const DeviceId& device) const {
    return is_of(device) ? drill_->policy : nullptr;
  }

 private:
  const Snapshot& snapshot_;
  const ControlClock& clock_;
  Store& store_;
  const SessionRegistry& registry_;
  AuditJournal& journal_;
  Log& log_;
  WorkerOrders& orders_;
  std::optional<Drill> drill_;
};

}  // namespace sallyport
