// A request to the metrics listener, whole, octet by octet and cut in pieces: one verdict however it is cut, and only
// what begins as our one request is served.

#include "server/metrics/scrape.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace {

using namespace sallyport;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Feeds pieces of `step` octets until there is a verdict.
std::optional<ScrapeResult> read(Bytes bytes, std::size_t step, ScrapeHost host) {
  ScrapeRequestParser parser{host};
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    if (const auto result = parser.feed(bytes.subspan(at, std::min(step, bytes.size() - at)))) return result;
  }
  return std::nullopt;
}

/// In pieces, what follows the request has not come when the verdict falls.
bool agree(std::optional<ScrapeResult> whole, std::optional<ScrapeResult> pieces) {
  return whole == pieces || (whole == ScrapeResult::Malformed && pieces == ScrapeResult::Served);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = std::as_bytes(std::span{data, size});
  for (const auto host : {ScrapeHost::ThisMachine, ScrapeHost::Any}) {
    const auto whole = read(input, std::max<std::size_t>(input.size(), 1), host);
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, input.size() / 2 + 1})
      require(agree(whole, read(input, step, host)));
    if (!whole) {
      require(input.size() <= kMaxHeadSize);
      continue;
    }
    const bool is_served = *whole == ScrapeResult::Served;
    if (is_served) require(as_text(input).starts_with("GET /metrics HTTP/1.1\r\n") && input.size() <= kMaxHeadSize);
    // Whoever may ask by address may ask a listener that is for everybody.
    if (is_served) require(read(input, input.size(), ScrapeHost::Any) == ScrapeResult::Served);
    if (is_served) continue;
    ByteBuffer refusal;
    append_scrape_refusal(refusal, *whole);
    require(as_text(refusal).starts_with("HTTP/1.1 ") && refusal.size() < 512);
  }
  return 0;
}
