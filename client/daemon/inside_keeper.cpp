#include "client/daemon/inside_keeper.hpp"

#include <utility>

namespace sallyport {
namespace {

constexpr Duration kToldEvery = std::chrono::seconds{1};

}  // namespace

InsideKeeper::InsideKeeper(Loop& loop, Log& log, JournalledNetwork network, Owner owner)
    : loop_{loop},
      log_{log},
      owner_{std::move(owner)},
      inside_{loop, std::move(network), [this] { owner_.on_packets(); }, [this] { mend(); }},
      mend_{loop, [this] { mend(); }} {}

void InsideKeeper::rest(const std::string& interface) {
  (void)inside_.rest(interface);
  is_at_rest_ = inside_.is_open();
  watch(false);
}

void InsideKeeper::prepare(const std::string& interface) {
  if (!inside_.is_open() && !is_owed_) rest(interface);
}

void InsideKeeper::rest_as(const std::string& interface) {
  if (is_at_rest_ && !inside_.is_open_as(interface)) rest(interface);
}

Result<void, NetworkFailure> InsideKeeper::become(const InsideSettings& settings) {
  settings_ = settings;
  const bool had_session = has_session() || is_owed_;
  auto done = inside_.become(settings_);
  // Somebody removed what we stand on, just now: once more, from nothing.
  if (!done && inside_.has_lost_interface()) done = inside_.become(settings_);
  if (!done && had_session)
    keep();
  else if (!done)
    (void)inside_.close();
  else
    is_owed_ = false;
  is_at_rest_ = false;
  if (done) tell_restored();
  return done;
}

Result<void, NetworkFailure> InsideKeeper::stand_down(const std::string& interface) {
  is_owed_ = false;
  auto done = inside_.is_open() ? inside_.rest(interface) : inside_.close();
  is_at_rest_ = inside_.is_open();
  watch(false);
  return done;
}

Result<void, NetworkFailure> InsideKeeper::close() {
  is_at_rest_ = false;
  return inside_.close();
}

void InsideKeeper::mend() {
  const TimePoint now = loop_.now().steady;
  if (const Duration wait = pace_.wait(now); wait > Duration::zero()) return mend_.arm(wait);
  mend_.cancel();
  // What went with it is not missed: another plan takes its place.
  if (has_session() && inside_.has_other_ipv6()) {
    pace_.note_look(now, true);
    return remake();
  }
  const auto before = inside_.restored();
  const auto done = inside_.restore();
  pace_.note_look(now, !done || is_owed_ || inside_.restored() > before);
  if (inside_.has_lost_interface() || is_owed_) return remake();
  tell_mended(done ? std::string{} : done.error().message);
}

/// Also where its routes went with it. Nobody may have been promised anything; a session that goes on makes it by
/// itself.
void InsideKeeper::remake() {
  if (is_at_rest_) return (void)close();
  if (has_session() && owner_.on_lost()) return;
  const auto made = inside_.become(settings_);
  if (made)
    is_owed_ = false;
  else
    keep();
  tell_mended(made ? std::string{} : made.error().message);
  owner_.on_remade();
}

/// What there is of it still leads traffic into nothing, instead of out in clear.
void InsideKeeper::keep() {
  is_owed_ = !inside_.is_open();
  mend_.arm(pace_.wait(loop_.now().steady));
}

void InsideKeeper::tell_mended(std::string trouble) {
  tell_restored();
  if (!trouble.empty()) mend_.arm(pace_.wait(loop_.now().steady));
  if (trouble == trouble_) return;
  trouble_ = std::move(trouble);
  if (!trouble_.empty()) log_.event(Level::Error, "network.failed", trouble_ + "; trying again");
}

/// A program that takes things away without end does not fill the log.
void InsideKeeper::tell_restored() {
  const auto count = inside_.restored();
  const TimePoint now = loop_.now().steady;
  if (count == told_restored_) return;
  if (told_at_ && now - *told_at_ < kToldEvery) {
    if (!mend_.is_armed()) mend_.arm(*told_at_ + kToldEvery - now);
    return;
  }
  log_.event(Level::Warning, "network.restored",
             "another program took away part of what leads into the tunnel; it is there again",
             {{"changes", count - told_restored_}});
  told_restored_ = count;
  told_at_ = now;
}

}  // namespace sallyport
