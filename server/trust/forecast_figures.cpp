#include "server/trust/forecast_figures.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace sallyport {
namespace {

std::size_t up_to(const std::vector<WallTime>& times, WallTime until) {
  return static_cast<std::size_t>(std::upper_bound(times.begin(), times.end(), until) - times.begin());
}

}  // namespace

ForecastFigures::ForecastFigures(const std::vector<Ending>& endings) {
  std::array<std::unordered_set<std::string_view>, kEndingKinds> seen;
  for (const auto& ending : endings) {
    auto& kind = kinds_[static_cast<std::size_t>(ending.kind)];
    kind.endings.push_back(ending.at);
    if (ending.is_due) ++kind.overdue;
    for (const auto& device : ending.devices) {
      if (seen[static_cast<std::size_t>(ending.kind)].insert(device.text()).second)
        kind.locked_out.push_back(ending.at);
    }
  }
}

std::size_t ForecastFigures::endings(EndingKind kind, WallTime until) const { return up_to(of(kind).endings, until); }

std::size_t ForecastFigures::locked_out(EndingKind kind, WallTime until) const {
  return up_to(of(kind).locked_out, until);
}

std::optional<WallTime> ForecastFigures::first(EndingKind kind) const {
  const auto& endings = of(kind).endings;
  return endings.empty() ? std::nullopt : std::optional{endings.front()};
}

}  // namespace sallyport
