#include "server/gateway/cut_measure.hpp"
#include "server/gateway/worker.hpp"

#include <algorithm>
#include <chrono>

namespace sallyport {
namespace {

/// When the wall clock showed that second, by the clock that never jumps.
TimePoint steady_of(WallTime wall) {
  const auto since = std::chrono::system_clock::now() - std::chrono::system_clock::time_point{wall};
  return read_steady_clock(Suspension::Counts) - std::chrono::duration_cast<Duration>(since);
}

Duration from(TimePoint asked, TimePoint then) { return std::max(then - asked, Duration::zero()); }

}  // namespace

std::optional<Cut> cut_of(const Session& session, EndReason reason, const std::optional<CutOrigin>& origin) {
  const bool has_expired = reason == EndReason::CertificateExpired;
  if (!origin && !has_expired) return std::nullopt;
  const auto cause = origin ? origin->cause : CutCause::CertificateEnd;
  const auto asked = origin ? origin->asked : steady_of(session.grant().certificate_expires);
  return Cut{cause, from(asked, read_steady_clock(Suspension::Counts)), from(asked, session.last_passed())};
}

Cut cut_of(const FlowCut& flow) {
  if (flow.asked) return {flow.cause, from(*flow.asked, flow.effect), from(*flow.asked, flow.last_seen)};
  // Time ends rights by itself: they are gone in that very second.
  return {flow.cause, Duration::zero(), from(steady_of(flow.lapsed), flow.last_seen)};
}

void Worker::forward_cuts(Session& session) {
  report::FlowsCut report{session.grant().id, {}};
  for (const auto& flow : session.take_cuts()) report.cuts.push_back(cut_of(flow));
  report_(std::move(report));
}

}  // namespace sallyport
