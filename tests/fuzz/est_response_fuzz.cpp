// What a gateway answers to an EST request, and the message in it: one verdict however it is cut, nothing unbounded,
// and what is read can be written and read again.

#include "common/pki/certificate_info.hpp"
#include "common/pki/certs_only.hpp"
#include "common/wire/est.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace sallyport;

using Outcome = EstResponseParser::Outcome;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Stops at the first verdict: what follows an answer is ignored.
Outcome read(Bytes bytes, std::size_t step) {
  EstResponseParser parser;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    auto outcome = parser.feed(bytes.subspan(at, std::min(step, bytes.size() - at)));
    if (!outcome || *outcome) return outcome;
  }
  (void)parser.finish();
  return std::optional<EstResponse>{};
}

void check_message(Bytes message) {
  const auto certificates = parse_certs_only(message);
  if (!certificates) return;
  require(!certificates->empty() && certificates->size() <= kMaxCertificatesInFile);
  const auto again = parse_certs_only(encode_certs_only(*certificates));
  require(again && std::is_permutation(again->begin(), again->end(), certificates->begin()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = std::as_bytes(std::span{data, size});
  check_message(input);
  const Outcome whole = read(input, std::max<std::size_t>(input.size(), 1));
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, input.size() / 2 + 1}) {
    require(read(input, step) == whole);
  }
  if (!whole || !*whole) return 0;
  require((*whole)->certs_only.size() <= kMaxEstAnswer);
  check_message((*whole)->certs_only);
  return 0;
}
