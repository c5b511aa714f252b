#include "client/daemon/tunnel.hpp"

#include <utility>

namespace sallyport {
namespace {

constexpr Duration kToldEvery = std::chrono::seconds{1};

}  // namespace

/// Without a rule or a route, what is protected would leave by another way, in clear.
void Tunnel::mend_network() {
  const TimePoint now = loop_.now().steady;
  if (const Duration wait = mend_pace_.wait(now); wait > Duration::zero()) return mend_.arm(wait);
  mend_.cancel();
  const auto before = inside_.restored();
  const auto done = inside_.restore();
  mend_pace_.note_look(now, !done || owes_inside_ || inside_.restored() > before);
  if (inside_.has_lost_interface() || owes_inside_) return remake_inside();
  tell_mended(done);
}

/// Its routes went with it. Nobody may have been promised anything; a session that goes on makes it by itself.
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
  if (made)
    owes_inside_ = false;
  else
    keep_inside();
  inside_.watch(comeback_.waits_for_traffic());
  tell_mended(made);
  // Without an interface no packet can call any more.
  if (comeback_.waits_for_traffic() && !has_inside()) wake();
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
