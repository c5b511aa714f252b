#include "server/session/session_life.hpp"

#include <algorithm>

namespace sallyport {
namespace {

/// Of the lifetime: sessions are asked to move from here on, over this part of it, so that those that began together
/// do not move together, and a tenth is left to try again in.
constexpr int kFirstMovePercent = 70;
constexpr int kMovePercents = 20;
/// For a session that a shorter lifetime has overtaken.
constexpr Duration kLongestGrace = std::chrono::minutes{5};
constexpr int kProbesPerSilence = 3;

/// Numbers that follow each other get shares far apart: 0 to below 1, by the golden ratio.
double share_of(std::uint64_t session) noexcept {
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;
  constexpr double kRange = 18446744073709551616.0;
  return static_cast<double>(session * kGolden) / kRange;
}

Duration part_of(Duration whole, double share) noexcept {
  return Duration{static_cast<Duration::rep>(static_cast<double>(whole.count()) * share)};
}

}  // namespace

std::string_view name_of(MoveReason reason) noexcept {
  return reason == MoveReason::Lifetime ? "lifetime" : "draining";
}

std::string_view words_for(MoveReason reason) noexcept {
  return reason == MoveReason::Lifetime
             ? "this session is old; a new one is to take its place"
             : "the gateway is being drained; a new session is to take the place of this one";
}

void SessionLife::use(const SessionLimits& limits, TimePoint now) noexcept {
  const bool same_lifetime = limits.lifetime == limits_.lifetime;
  limits_ = limits;
  if (same_lifetime) return;
  const TimePoint before = lifetime_ends_;
  lifetime_ends_ = lifetime_moves_ = TimePoint::max();
  lifetime_told_ = false;
  if (!limits.lifetime) return;
  const Duration lifetime{*limits.lifetime};
  const double share = share_of(session_);
  lifetime_ends_ = began_ + lifetime;
  lifetime_moves_ = began_ + lifetime * kFirstMovePercent / 100 + part_of(lifetime * kMovePercents / 100, share);
  const Duration grace = std::min(lifetime / 5, kLongestGrace);
  if (lifetime_ends_ >= now + grace) return;
  lifetime_ends_ = std::max(lifetime_ends_, std::min(before, now + grace));
  lifetime_moves_ = now + part_of(grace / 2, share);
}

void SessionLife::drain(std::chrono::seconds left, TimePoint now) noexcept {
  drain_ends_ = std::min(drain_ends_, now + left);
}

std::optional<EndReason> SessionLife::over(TimePoint now) const noexcept {
  if (now >= lifetime_ends_) return EndReason::LifetimeOver;
  if (now >= drain_ends_) return EndReason::Drained;
  if (now >= idle_ends()) return EndReason::Idle;
  return std::nullopt;
}

std::optional<MoveReason> SessionLife::wants_move(TimePoint now) const noexcept {
  if (drain_ends_ != TimePoint::max() && !drain_told_) return MoveReason::Draining;
  if (now >= lifetime_moves_ && !lifetime_told_) return MoveReason::Lifetime;
  return std::nullopt;
}

void SessionLife::note_move_told(MoveReason reason) noexcept {
  (reason == MoveReason::Lifetime ? lifetime_told_ : drain_told_) = true;
}

TimePoint SessionLife::ends() const noexcept { return std::min(lifetime_ends_, drain_ends_); }

std::chrono::seconds SessionLife::left(TimePoint now) const noexcept {
  constexpr std::chrono::seconds kMost{UINT32_MAX};
  if (ends() == TimePoint::max()) return kMost;
  const auto left = std::chrono::floor<std::chrono::seconds>(ends() - now);
  return std::clamp(left, std::chrono::seconds{0}, kMost);
}

std::uint64_t SessionLife::note_probe(TimePoint now) noexcept {
  last_probe_ = now;
  return ++probes_;
}

TimePoint SessionLife::next_due(bool can_move, bool can_probe) const noexcept {
  TimePoint next = std::min({lifetime_ends_, drain_ends_, idle_ends()});
  if (can_move && !lifetime_told_) next = std::min(next, lifetime_moves_);
  if (can_probe) next = std::min({next, silence_ends(), probe_due()});
  return next;
}

bool SessionLife::is_silent(TimePoint now) const noexcept { return now >= silence_ends(); }

TimePoint SessionLife::idle_ends() const noexcept {
  return limits_.idle_limit ? last_packet_ + *limits_.idle_limit : TimePoint::max();
}

TimePoint SessionLife::silence_ends() const noexcept {
  return limits_.dead_peer ? last_heard_ + *limits_.dead_peer : TimePoint::max();
}

TimePoint SessionLife::probe_due() const noexcept {
  if (!limits_.dead_peer) return TimePoint::max();
  return std::max(last_heard_, last_probe_) + Duration{*limits_.dead_peer} / kProbesPerSilence;
}

}  // namespace sallyport
