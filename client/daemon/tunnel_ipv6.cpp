#include "client/daemon/tunnel.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sallyport {
namespace {

/// The system tells nobody when IPv6 is switched on again.
constexpr Duration kIpv6Look = std::chrono::seconds{5};

}  // namespace

std::optional<Ipv6Off> Tunnel::ipv6_off() const {
  if (!inside_.has_session()) return std::nullopt;
  Ipv6Off off{inside_.ipv6() == Ipv6::Off ? ipv6_setting(settings_.interface) : std::string{}, {}};
  std::copy_if(settings_.routes.begin(), settings_.routes.end(), std::back_inserter(off.routes),
               [this](const IpPrefix& route) { return !carries(route.network()); });
  return off.routes.empty() ? std::nullopt : std::optional{std::move(off)};
}

void Tunnel::tell_ipv6() {
  const auto off = ipv6_off();
  if (off && !off->setting.empty()) ipv6_look_.arm(kIpv6Look);
  if (off.has_value() == std::exchange(lacks_ipv6_, off.has_value())) return;
  if (!off) return log_.event(Level::Notice, "network.ipv6_on", "IPv6 passes through the tunnel again");
  const auto why = off->setting.empty() ? "this system has no IPv6" : "IPv6 is switched off by " + off->setting;
  log_.event(Level::Warning, "network.ipv6_off",
             why + ": IPv6 networks of the office are out of reach, and nothing for them leaves by another way",
             {{"interface", settings_.interface}, {"routes", off->routes.size()}});
}

void Tunnel::look_for_ipv6() {
  const auto off = ipv6_off();
  if (!off || off->setting.empty()) return;
  ipv6_look_.arm(kIpv6Look);
  inside_.look_for_ipv6();
}

}  // namespace sallyport
