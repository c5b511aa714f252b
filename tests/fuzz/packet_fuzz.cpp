#include "common/ip/segment_fit.hpp"
#include "tests/support/packet_difference.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <numeric>
#include <span>

namespace {

/// Two octets of a largest segment, and two of a checksum.
constexpr std::ptrdiff_t kMostFitted = 4;

bool fits_its_segments(sallyport::Bytes packet) {
  const sallyport::ByteBuffer before{packet.begin(), packet.end()};
  sallyport::ByteBuffer after{before};
  sallyport::fit_segments(after);
  const auto same = std::inner_product(before.begin(), before.end(), after.begin(), std::ptrdiff_t{0}, std::plus<>{},
                                       std::equal_to<>{});
  const sallyport::ByteBuffer fitted{after};
  sallyport::fit_segments(after);
  return std::ssize(before) - same <= kMostFitted && after == fitted;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto fault = sallyport::test::fault_of(data, size);
  const bool is_fitted = fits_its_segments(std::as_bytes(std::span{data, size}));
  if (fault.empty() && is_fitted) return 0;
  std::fprintf(stderr, "%s\n", is_fitted ? fault.c_str() : "more than a largest segment became another one");
  std::abort();
}
