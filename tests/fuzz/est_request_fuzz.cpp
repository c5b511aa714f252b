// An EST request, whole, octet by octet and cut in pieces: one verdict however it is cut, and what is accepted has one
// canonical form that is accepted again.

#include "common/wire/est.hpp"
#include "common/wire/upgrade.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace sallyport;

using Outcome = EstRequestParser::Outcome;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Feeds pieces of `step` octets, all of them: what follows the request is an error.
Outcome read(Bytes bytes, std::size_t step) {
  EstRequestParser parser;
  Outcome outcome = std::optional<EstRequest>{};
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    outcome = parser.feed(bytes.subspan(at, std::min(step, bytes.size() - at)));
    if (!outcome) return outcome;
  }
  return outcome;
}

/// In one piece, octets behind the request spoil it before its body is read.
bool agree(const Outcome& whole, const Outcome& pieces) {
  if (whole == pieces) return true;
  const auto is_early = [](const Outcome& outcome) { return !outcome && outcome.error() == EstError::Malformed; };
  return is_early(whole) && !pieces;
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
    append_est_refusal(refusal, whole.error());
    const auto response = EstResponseParser{}.feed(refusal);
    require(response && *response && (*response)->problem && (*response)->status >= 400);
    return 0;
  }
  if (!*whole) {
    require(input.size() < kMaxHeadSize + kMaxEstBody);
    return 0;
  }
  require((*whole)->csr.size() <= kMaxEstBody);
  ByteBuffer canonical;
  append_est_request(canonical, "vpn.example.com", **whole);
  // Lines of 64 may make a body longer than the one that came without.
  if ((*whole)->csr.size() < kMaxEstBody / 2) require(read(canonical, canonical.size()) == whole);
  return 0;
}
