#include "tests/unit/model/run.hpp"

#include "tests/unit/model/player.hpp"

#include <algorithm>

namespace sallyport::model {
namespace {

constexpr std::size_t kMostReplays = 600;

}  // namespace

std::optional<Failure> play(const Circumstances& circumstances, const std::vector<Step>& steps, Tally& tally) {
  Player player{circumstances, tally};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (const auto fault = player.play(steps[i])) return Failure{i, *fault, player.story()};
  }
  return std::nullopt;
}

std::vector<Step> shrink(const Circumstances& circumstances, std::vector<Step> failing) {
  std::size_t replays = 0;
  const auto still_fails = [&](const std::vector<Step>& steps) {
    Tally ignored;
    return ++replays <= kMostReplays && play(circumstances, steps, ignored).has_value();
  };
  for (std::size_t size = std::max<std::size_t>(failing.size() / 2, 1);; size /= 2) {
    for (std::size_t at = 0; at < failing.size();) {
      auto fewer = failing;
      const auto from = fewer.begin() + static_cast<std::ptrdiff_t>(at);
      fewer.erase(from, from + static_cast<std::ptrdiff_t>(std::min(size, fewer.size() - at)));
      if (!fewer.empty() && still_fails(fewer))
        failing = std::move(fewer);
      else
        at += size;
    }
    if (size == 1) return failing;
  }
}

}  // namespace sallyport::model
