#pragma once

#include "common/base/result.hpp"
#include "common/base/system_error.hpp"
#include "tun/device.hpp"
#include "tun/network_config.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sallyport {

/// A TUN interface of ours that outlives the daemon.
struct TunnelInterface {
  std::string name;    ///< that it was made with; another program may give it another one
  std::string mark{};  ///< its alias, which no other interface has; empty: an earlier version made it
  friend bool operator==(const TunnelInterface&, const TunnelInterface&) = default;
};

struct TunnelAddress {
  std::string interface;
  InterfaceAddress address;
  friend bool operator==(const TunnelAddress&, const TunnelAddress&) = default;
};

/// What is sent to `destination` is refused instead of leaving by another way, where no route of the tunnel leads.
struct Barrier {
  IpPrefix destination;
  std::uint32_t table;
  friend bool operator==(const Barrier&, const Barrier&) = default;
};

/// One thing we add to the machine's network and take away again.
using NetworkChange = std::variant<TunnelInterface, RoutingRule, TunnelAddress, Route, Barrier>;
using NetworkChanges = std::vector<NetworkChange>;

/// For logs: "route 10.20.0.0/16 dev sallyport".
[[nodiscard]] std::string describe(const NetworkChange& change);

[[nodiscard]] nlohmann::json to_json(const NetworkChange& change);
[[nodiscard]] std::optional<NetworkChange> network_change_from_json(const nlohmann::json& json);

/// What became of putting back what others took away.
struct PutBack {
  std::size_t count = 0;               ///< is there again
  std::optional<SystemError> failure;  ///< the first, of what is not
};

/// Does and undoes single changes.
class NetworkChanger {
 public:
  virtual ~NetworkChanger() = default;
  /// Whether `change` could be told from what others made; asked before the change is recorded as ours.
  [[nodiscard]] virtual Result<void, SystemError> check(const NetworkChange& change) = 0;
  [[nodiscard]] virtual Result<void, SystemError> apply(const NetworkChange& change) = 0;
  /// All of `changes` in one step, in order. False: perhaps not all of them are there, and apply() says why.
  [[nodiscard]] virtual bool apply_together(const NetworkChanges& changes) {
    static_cast<void>(changes);
    return false;
  }
  /// The device that making this interface opened, for whoever carries its packets; nullopt: open it. Given once.
  [[nodiscard]] virtual std::optional<TunDevice> take_device(const std::string& interface) {
    static_cast<void>(interface);
    return std::nullopt;
  }
  /// `changes` are about to be undone, one by one: what would leave by another way in between is ended here.
  virtual void before_undoing(const NetworkChanges& changes) { static_cast<void>(changes); }
  /// Puts back what others took away of `changes`, which were applied, going on after failures; what is there stays as
  /// it is.
  [[nodiscard]] virtual PutBack restore(const NetworkChanges& changes) {
    static_cast<void>(changes);
    return {};
  }
  /// The name of that interface now; nullopt: it is gone. Fails where nothing tells whether one is it.
  [[nodiscard]] virtual Result<std::optional<std::string>, SystemError> find(const TunnelInterface& made) = 0;
  /// Success when there is nothing to undo.
  [[nodiscard]] virtual Result<void, SystemError> undo(const NetworkChange& change) = 0;
  /// `change` need not be undone: it went with its interface.
  virtual void note_gone(const NetworkChange& change) { static_cast<void>(change); }
  /// Nothing of ours is left.
  virtual void note_all_undone() {}
};

}  // namespace sallyport
