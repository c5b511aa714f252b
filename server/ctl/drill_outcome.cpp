#include "server/ctl/drill_outcome.hpp"

#include <algorithm>

namespace sallyport {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

}  // namespace

double since(TimePoint asked, const std::optional<TimePoint>& then) {
  return then ? std::max(Milliseconds{*then - asked}.count(), 0.0) : 0;
}

bool is_passed(const DrillOutcome& outcome, std::chrono::milliseconds bar) {
  const auto& figures = outcome.figures;
  const auto in_time = [&](const std::optional<TimePoint>& then) { return then && *then - outcome.asked <= bar; };
  return in_time(figures.closed) && in_time(figures.last_arrival) && !outcome.refused_again.empty();
}

}  // namespace sallyport
