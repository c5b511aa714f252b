#include "common/ip/segment_fit.hpp"

#include "common/ip/packet.hpp"

#include <cstddef>
#include <optional>

namespace sallyport {
namespace {

constexpr std::size_t kTcpHeader = 20;
constexpr std::size_t kChecksumAt = 16;
/// Of TCP's options.
constexpr unsigned kEnd = 0;
constexpr unsigned kNothing = 1;
constexpr unsigned kLargestSegment = 2;
constexpr std::size_t kLargestSegmentSize = 4;
/// IPv6, and the longest TCP header: no SYN that is worth a look is longer.
constexpr std::size_t kLongest = 40 + 60;

/// Where the header's octets say the largest segment; nullopt: nowhere, or at an odd place, as nobody sends it.
std::optional<std::size_t> find_largest_segment(Bytes header) noexcept {
  const auto octet = [&](std::size_t at) { return std::to_integer<unsigned>(header[at]); };
  for (std::size_t at = kTcpHeader; at + 1 < header.size() && octet(at) != kEnd;) {
    if (octet(at) == kNothing) {
      ++at;
      continue;
    }
    const std::size_t size = octet(at + 1);
    if (size < 2 || size > header.size() - at) return std::nullopt;
    if (octet(at) == kLargestSegment) {
      return size == kLargestSegmentSize && at % 2 == 0 ? std::optional{at + 2} : std::nullopt;
    }
    at += size;
  }
  return std::nullopt;
}

/// One word of what it is the sum of is another one (RFC 1624).
std::uint16_t updated(std::uint16_t checksum, std::uint16_t before, std::uint16_t now) noexcept {
  std::uint32_t sum =
      static_cast<std::uint16_t>(~checksum) + static_cast<std::uint32_t>(static_cast<std::uint16_t>(~before)) + now;
  sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~(sum + (sum >> 16U)));
}

}  // namespace

void fit_segments(MutableBytes packet) noexcept {
  if (packet.size() > kLongest) return;
  const auto view = PacketView::parse(packet);
  if (!view || !view->is_tcp() || view->is_fragment() || (view->tcp_flags() & tcp_flag::kSyn) == 0) return;
  const auto start = static_cast<std::size_t>(view->transport().data() - packet.data());
  const std::size_t length = (std::to_integer<std::size_t>(packet[start + 12]) >> 4U) * 4;
  if (length < kTcpHeader || length > view->transport().size()) return;
  const MutableBytes header = packet.subspan(start, length);
  const auto at = find_largest_segment(header);
  if (!at) return;
  const std::uint16_t segment = load_be16(header.subspan(*at));
  if (segment <= kFittingSegment || segment > kEthernetSegment) return;
  store_be16(header.subspan(*at), kFittingSegment);
  store_be16(header.subspan(kChecksumAt), updated(load_be16(header.subspan(kChecksumAt)), segment, kFittingSegment));
}

}  // namespace sallyport
