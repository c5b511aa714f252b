// An upgrade request, whole, octet by octet and cut in two (F1): one verdict however it is cut, and what is accepted
// has one canonical form that is accepted again.

#include "common/wire/upgrade.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace sallyport;

using Outcome = Result<std::optional<UpgradeRequest>, UpgradeError>;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Feeds pieces of `step` octets. Stops at the first verdict: what follows an accepted head is the session's.
Outcome read(Bytes bytes, std::size_t step) {
  UpgradeRequestParser parser;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    auto outcome = parser.feed(bytes.subspan(at, std::min(step, bytes.size() - at)));
    if (!outcome || *outcome) return outcome;
  }
  return std::optional<UpgradeRequest>{};
}

/// In one piece octets behind an accepted head are an error; cut at the head's end, they are not seen yet.
bool agree(const Outcome& whole, const Outcome& pieces) {
  if (!whole && whole.error() == UpgradeError::EarlyData) return true;
  return whole == pieces;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = std::as_bytes(std::span{data, size});
  const Outcome whole = read(input, std::max<std::size_t>(input.size(), 1));
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, input.size() / 2 + 1}) {
    require(agree(whole, read(input, step)));
  }
  if (!whole) {
    ByteBuffer refusal;
    append_refusal(refusal, problem_for(whole.error()));
    const auto response = UpgradeResponseParser{}.feed(refusal);
    require(response && *response && (*response)->problem);
    return 0;
  }
  if (!*whole) {
    require(input.size() < kMaxHeadSize + 1);
    return 0;
  }
  require(input.size() <= kMaxHeadSize);
  ByteBuffer canonical;
  append_upgrade_request(canonical, (*whole)->host, (*whole)->extensions);
  require(read(canonical, canonical.size()) == whole);
  return 0;
}
