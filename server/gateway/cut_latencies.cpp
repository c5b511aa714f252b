#include "server/gateway/cut_latencies.hpp"

#include <algorithm>

namespace sallyport {
namespace {

std::size_t class_of(Duration latency) {
  const auto& bounds = CutLatencies::kBounds;
  return static_cast<std::size_t>(
      std::find_if(bounds.begin(), bounds.end(), [&](auto bound) { return latency <= bound; }) - bounds.begin());
}

/// The smallest value that so many of a hundred do not exceed (nearest rank).
Duration percentile(const std::vector<Duration>& sorted, std::size_t hundredths) {
  const std::size_t rank = (sorted.size() * hundredths + 99) / 100;
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

CutLatencies::Figures figures_of(std::vector<Duration> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return {percentile(values, 50), percentile(values, 99), values.back()};
}

}  // namespace

void CutLatencies::add(const Cut& cut) {
  Samples& samples = samples_[static_cast<std::size_t>(cut.cause)];
  if (samples.latest.size() < kWindow)
    samples.latest.push_back(cut);
  else
    samples.latest[samples.totals.count % kWindow] = cut;
  ++samples.totals.count;
  ++samples.totals.effect[class_of(cut.effect)];
  ++samples.totals.last_packet[class_of(cut.last_packet)];
  samples.totals.effect_sum += cut.effect;
  samples.totals.last_packet_sum += cut.last_packet;
}

CutLatencies::View CutLatencies::view(CutCause cause) const {
  const Samples& samples = samples_[static_cast<std::size_t>(cause)];
  std::vector<Duration> effects;
  std::vector<Duration> packets;
  for (const auto& cut : samples.latest) {
    effects.push_back(cut.effect);
    packets.push_back(cut.last_packet);
  }
  return {samples.totals.count, samples.latest.size(), figures_of(std::move(effects)), figures_of(std::move(packets)),
          samples.totals.last_packet};
}

}  // namespace sallyport
