#include "client/linux/system_network.hpp"

#include "client/linux/connections.hpp"
#include "client/linux/network_plan.hpp"
#include "tun/device.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

namespace sallyport {
namespace {

using Outcome = Result<void, SystemError>;

struct Undo {
  NetworkConfig& config;

  Outcome operator()(const TunnelInterface& made) const {
    if (made.mark.empty()) return config.delete_link(made.name);
    const auto found = config.interface_with_alias(made.mark);
    if (!found) return fail(found.error());
    return *found ? config.delete_link(**found) : Outcome{};
  }
  Outcome operator()(const RoutingRule& rule) const { return config.remove_rule(rule); }
  Outcome operator()(const TunnelAddress& added) const {
    const auto done = config.remove_address(added.interface, added.address);
    // Those that began since before_undoing().
    end_connections_from(added.address.address);
    return done;
  }
  Outcome operator()(const Route& route) const { return config.remove_route(route); }
  Outcome operator()(const Barrier& barrier) const { return config.remove_barrier(barrier.destination, barrier.table); }
};

/// Each says whether it was missing.
struct Restore {
  using Missing = Result<bool, SystemError>;
  NetworkConfig& config;
  std::optional<Result<std::vector<Route>, SystemError>> own_routes{};  ///< before the first route was looked for

  Missing operator()(const TunnelInterface& made) const {
    const auto state = config.state_of(made.name);
    if (!state) return fail(state.error());
    const bool is_marked = made.mark.empty() || state->alias == made.mark;
    if (state->is_up && is_marked) return false;
    if (!is_marked) {
      if (const auto marked = config.set_alias(made.name, made.mark); !marked) return fail(marked.error());
    }
    return after(config.bring_up(made.name, kInsideMtu));
  }
  Missing operator()(const RoutingRule& rule) const { return config.add_rule(rule); }
  Missing operator()(const TunnelAddress& added) const {
    const auto there = config.addresses(added.interface);
    if (!there) return fail(there.error());
    if (std::find(there->begin(), there->end(), added.address) != there->end()) return false;
    return after(config.add_address(added.interface, added.address));
  }
  Missing operator()(const Route& route) {
    if (!own_routes) own_routes.emplace(config.own_routes());
    const auto& own = *own_routes;
    if (!own) return fail(own.error());
    const auto is_it = [&route](const Route& other) {
      return other.destination == route.destination && other.interface == route.interface && other.table == route.table;
    };
    if (std::any_of(own->begin(), own->end(), is_it)) return false;
    return after(config.replace_route(route));
  }
  Missing operator()(const Barrier& barrier) const { return config.add_barrier(barrier.destination, barrier.table); }

 private:
  static Missing after(const Outcome& done) {
    if (!done) return fail(done.error());
    return true;
  }
};

}  // namespace

/// A gateway that gave a laptop an address which that has already would take it from whoever reaches it by that one,
/// and its connections from it; one that gave it the address of its router, all that it says to the router itself.
Outcome SystemNetwork::check_address(const TunnelAddress& added) {
  constexpr std::string_view kItself = "lo";
  const auto& address = added.address.address;
  const auto path = config_.path_to(address);
  if (path && path->interface == kItself) {
    return fail(SystemError{EADDRINUSE,
                            "this system has that address already, at another interface (ip address show): the gateway "
                            "must give another one, tell your administrator"});
  }
  // A router is a neighbour, or there is a route to it that goes through itself.
  const bool may_be_router = path && (!path->gateway || path->gateway == address);
  const auto is_router = may_be_router ? config_.is_next_hop(address) : false;
  if (!is_router) return fail(is_router.error());
  if (!*is_router) return {};
  return fail(SystemError{EADDRINUSE,
                          "a router of the network that this system is in has that address (ip route show): the "
                          "gateway must give another one, tell your administrator"});
}

Outcome SystemNetwork::check(const NetworkChange& change) {
  if (const auto* added = std::get_if<TunnelAddress>(&change)) return check_address(*added);
  const auto* made = std::get_if<TunnelInterface>(&change);
  if (made == nullptr || !config_.index_of(made->name)) return {};
  return fail(SystemError{EEXIST, "an interface of this name exists and is not ours; remove it (ip link delete " +
                                      made->name + "), or set `interface` in the profile"});
}

Outcome SystemNetwork::make_interface(const TunnelInterface& wanted) {
  const auto& name = wanted.name;
  auto device = TunDevice::open(name, {.multi_queue = true, .offload = true});
  if (!device) return fail(device.error());
  // Marked first: what outlives the daemon is what the next one can tell from interfaces of others.
  if (auto marked = config_.set_alias(name, wanted.mark); !marked) return marked;
  // Persistent: when the daemon dies, routes keep pointing here and protected traffic goes nowhere instead of out.
  if (auto kept = device->set_persistent(true); !kept) return kept;
  // To close it and open it again would have the kernel wait for all its readers.
  made_ = std::move(*device);
  return config_.bring_up(name, kInsideMtu);
}

std::optional<TunDevice> SystemNetwork::take_device(const std::string& interface) {
  if (!made_ || made_->name() != interface) return std::nullopt;
  return std::exchange(made_, std::nullopt);
}

Outcome SystemNetwork::apply(const NetworkChange& change) {
  if (const auto* made = std::get_if<TunnelInterface>(&change)) return make_interface(*made);
  if (const auto* rule = std::get_if<RoutingRule>(&change)) {
    if (const auto added = config_.add_rule(*rule); !added) return fail(added.error());
    return {};
  }
  if (const auto* added = std::get_if<TunnelAddress>(&change)) {
    auto done = config_.add_address(added->interface, added->address);
    if (done) guard(*added);
    return done;
  }
  if (const auto* barrier = std::get_if<Barrier>(&change)) {
    if (const auto added = config_.add_barrier(barrier->destination, barrier->table); !added)
      return fail(added.error());
    return {};
  }
  return config_.replace_route(std::get<Route>(change));
}

bool SystemNetwork::apply_together(const NetworkChanges& changes) {
  const std::string* interface = nullptr;
  std::vector<InterfaceAddress> addresses;
  std::vector<Route> routes;
  const auto is_of_one = [&interface](const std::string& name) {
    if (interface == nullptr) interface = &name;
    return *interface == name;
  };
  for (const auto& change : changes) {
    const auto* added = std::get_if<TunnelAddress>(&change);
    const auto* route = std::get_if<Route>(&change);
    // An address behind a route would change places with it.
    if (added != nullptr && routes.empty() && is_of_one(added->interface))
      addresses.push_back(added->address);
    else if (route != nullptr && is_of_one(route->interface))
      routes.push_back(*route);
    else
      return false;
  }
  if (interface == nullptr || !config_.add_together(*interface, addresses, routes)) return false;
  for (const auto& address : addresses) guard({*interface, address});
  return true;
}

/// There is one interface at a time.
void SystemNetwork::guard(const TunnelAddress& added) {
  if (std::find(guarded_.begin(), guarded_.end(), added) == guarded_.end()) guarded_.push_back(added);
  std::vector<IpAddress> addresses;
  for (const auto& each : guarded_) addresses.push_back(each.address.address);
  guard_.protect(added.interface, addresses);
}

/// What an earlier run guarded goes with its addresses, too.
void SystemNetwork::forget(const TunnelAddress& removed) {
  std::erase(guarded_, removed);
  if (guarded_.empty()) return guard_.release();
  guard(TunnelAddress{guarded_.back()});
}

void SystemNetwork::before_undoing(const NetworkChanges& changes) {
  for (const auto& change : changes) {
    if (const auto* added = std::get_if<TunnelAddress>(&change)) end_connections_from(added->address.address);
  }
}

Result<std::optional<std::string>, SystemError> SystemNetwork::find(const TunnelInterface& made) {
  if (!made.mark.empty()) {
    const auto found = config_.interface_with_alias(made.mark);
    if (!found) return fail(found.error());
    if (*found) return std::optional{(*found)->name};
  }
  const auto is_like_it = is_left(made.name);
  if (!is_like_it) return fail(is_like_it.error());
  if (!*is_like_it) return std::optional<std::string>{};
  if (made.mark.empty()) return std::optional{made.name};
  const auto bare = is_bare(made.name);
  if (!bare) return fail(bare.error());
  if (*bare) return std::optional<std::string>{};
  return fail(SystemError{EEXIST, "the interface " + made.name +
                                      " has lost the alias by which it could be told from one of another program; "
                                      "remove it: ip link delete " +
                                      made.name});
}

Result<bool, SystemError> SystemNetwork::is_left(const std::string& interface) {
  const auto access = config_.access_to(interface);
  if (access) return access->owner == ::geteuid() && !access->group && access->queues == 0;
  if (access.error().code == ENODEV || access.error().code == ENOTSUP) return false;
  return fail(access.error());
}

/// A link-local address is the kernel's own. What was on an interface goes with it.
Result<bool, SystemError> SystemNetwork::is_bare(const std::string& interface) {
  const auto addresses = config_.addresses(interface);
  if (!addresses) return fail(addresses.error());
  const auto routes = config_.own_routes();
  if (!routes) return fail(routes.error());
  const bool has_address = std::any_of(addresses->begin(), addresses->end(), [](const InterfaceAddress& each) {
    return each.prefix_length == (each.address.is_v4() ? 32U : 128U);
  });
  const bool has_route =
      std::any_of(routes->begin(), routes->end(), [&](const Route& route) { return route.interface == interface; });
  return !has_address && !has_route;
}

PutBack SystemNetwork::restore(const NetworkChanges& changes) {
  Restore restore{config_};
  PutBack done;
  for (const auto& change : changes) {
    const auto was_missing = std::visit(restore, change);
    if (was_missing) {
      done.count += *was_missing ? 1 : 0;
    } else if (!done.failure) {
      done.failure = was_missing.error();
    }
  }
  return done;
}

Outcome SystemNetwork::undo(const NetworkChange& change) {
  if (std::holds_alternative<TunnelInterface>(change)) made_.reset();
  auto done = std::visit(Undo{config_}, change);
  // The address is gone by then: nobody can be answered by it.
  if (const auto* removed = std::get_if<TunnelAddress>(&change); removed != nullptr && done) forget(*removed);
  return done;
}

void SystemNetwork::note_gone(const NetworkChange& change) {
  if (std::holds_alternative<TunnelInterface>(change)) made_.reset();
  if (const auto* address = std::get_if<TunnelAddress>(&change)) forget(*address);
}

void SystemNetwork::note_all_undone() {
  if (!guarded_.empty()) guard_.release();
  guarded_.clear();
}

}  // namespace sallyport
