// An upgrade answer, whole and in pieces (F1): one verdict and one rest however it is cut; texts come out printable.

#include "common/wire/upgrade.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace sallyport;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Verdict {
  Result<std::optional<UpgradeResponse>, UpgradeError> outcome;
  std::size_t used = 0;  ///< octets up to the verdict
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

Verdict read(Bytes bytes, std::size_t step) {
  UpgradeResponseParser parser;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    const std::size_t size = std::min(step, bytes.size() - at);
    auto outcome = parser.feed(bytes.subspan(at, size));
    if (!outcome) return {outcome, 0};
    if (*outcome) return {outcome, at + size - parser.rest().size()};
  }
  return {std::optional<UpgradeResponse>{}, bytes.size()};
}

void require_printable(std::string_view text) {
  require(text.size() <= 256);
  require(std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = std::as_bytes(std::span{data, size});
  const Verdict whole = read(input, std::max<std::size_t>(input.size(), 1));
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, input.size() / 2 + 1}) {
    require(read(input, step) == whole);
  }
  if (!whole.outcome || !*whole.outcome) return 0;
  const UpgradeResponse& response = **whole.outcome;
  if (response.problem) {
    for (const auto* text :
         {&response.problem->title, &response.problem->detail, &response.problem->reason, &response.problem->code}) {
      require_printable(*text);
    }
  }
  if (!response.is_accepted()) return 0;
  ByteBuffer canonical;
  append_upgrade_accepted(canonical, response.extensions);
  require(read(canonical, canonical.size()).outcome == whole.outcome);
  return 0;
}
