#include "client/daemon/tunnel.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sallyport {
namespace {

constexpr Duration kToldEvery = std::chrono::seconds{1};
/// The system tells nobody when IPv6 is switched on again.
constexpr Duration kIpv6Look = std::chrono::seconds{5};

}  // namespace

/// Without a rule or a route, what is protected would leave by another way, in clear.
void Tunnel::mend_network() {
  const TimePoint now = loop_.now().steady;
  if (const Duration wait = mend_pace_.wait(now); wait > Duration::zero()) return mend_.arm(wait);
  mend_.cancel();
  // What went with it is not missed: another plan takes its place.
  if (has_inside() && inside_.has_other_ipv6()) {
    mend_pace_.note_look(now, true);
    return remake_inside();
  }
  const auto before = inside_.restored();
  const auto done = inside_.restore();
  mend_pace_.note_look(now, !done || owes_inside_ || inside_.restored() > before);
  if (inside_.has_lost_interface() || owes_inside_) return remake_inside();
  tell_mended(done);
}

/// Also where its routes went with it. Nobody may have been promised anything; a session that goes on makes it by
/// itself.
void Tunnel::remake_inside() {
  if (is_at_rest_) {
    (void)inside_.close();
    is_at_rest_ = false;
    return;
  }
  if (connection_ && connection_->is_online() && has_inside()) {
    network_changed_ = true;
    return settle();
  }
  const auto made = inside_.become(settings_);
  if (made) {
    owes_inside_ = false;
    tell_ipv6();
  } else {
    keep_inside();
  }
  inside_.watch(rests_ && resume_ == Resume::WithTraffic);
  tell_mended(made);
  // Without an interface no packet can call any more.
  if (rests_ && resume_ == Resume::WithTraffic && !has_inside()) wake();
}

/// What there is of it still leads traffic into nothing, instead of out in clear.
void Tunnel::keep_inside() {
  owes_inside_ = !inside_.is_open();
  mend_.arm(mend_pace_.wait(loop_.now().steady));
}

template <class T>
void Tunnel::tell_mended(const Result<T, NetworkFailure>& done) {
  tell_restored();
  const std::string trouble = done ? std::string{} : done.error().message;
  if (!done) mend_.arm(mend_pace_.wait(loop_.now().steady));
  if (std::exchange(mend_trouble_, trouble) == trouble || trouble.empty()) return;
  log_.event(Level::Error, "network.failed", trouble + "; trying again");
}

std::optional<Ipv6Off> Tunnel::ipv6_off() const {
  if (!has_inside()) return std::nullopt;
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
  if (!ipv6_off()) return;
  ipv6_look_.arm(kIpv6Look);
  if (inside_.has_other_ipv6()) mend_network();
}

/// A program that takes things away without end does not fill the log.
void Tunnel::tell_restored() {
  const auto count = inside_.restored();
  const TimePoint now = loop_.now().steady;
  if (count == told_restored_) return;
  if (restored_at_ && now - *restored_at_ < kToldEvery) {
    if (!mend_.is_armed()) mend_.arm(*restored_at_ + kToldEvery - now);
    return;
  }
  log_.event(Level::Warning, "network.restored",
             "another program took away part of what leads into the tunnel; it is there again",
             {{"changes", count - told_restored_}});
  told_restored_ = count;
  restored_at_ = now;
}

}  // namespace sallyport
