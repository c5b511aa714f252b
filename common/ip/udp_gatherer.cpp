#include "common/ip/udp_gatherer.hpp"

#include "common/ip/checksum.hpp"
#include "common/ip/ip_header.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kMaxGathered = 65535;
constexpr unsigned kDoNotFragment = 0x4000;

bool equal(Bytes a, Bytes b) noexcept { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

/// The IP header length of a packet that begins like one of ours: UDP without options; 0 of any other.
std::size_t network_header(Bytes packet) noexcept {
  if (packet.size() < kIpv4Header + kUdpHeader) return 0;
  const auto octet = [&](std::size_t index) { return std::to_integer<unsigned>(packet[index]); };
  if (octet(0) == 0x45) return octet(9) == ip_protocol::kUdp ? kIpv4Header : 0;
  const bool is_v6 = octet(0) >> 4U == 6 && packet.size() >= kIpv6Header + kUdpHeader;
  return is_v6 && octet(6) == ip_protocol::kUdp ? kIpv6Header : 0;
}

bool has_good_checksum(Bytes packet, std::size_t network) noexcept {
  const Bytes udp = packet.subspan(network);
  if (load_be16(udp.subspan(6)) == 0) return false;
  const std::size_t at = network == kIpv4Header ? 12 : 8;
  const std::size_t width = network == kIpv4Header ? 4 : 16;
  InternetChecksum sum;
  sum.add_pseudo_header(IpAddress::from_octets(packet.subspan(at, width)),
                        IpAddress::from_octets(packet.subspan(at + width, width)), ip_protocol::kUdp, udp.size());
  sum.add(udp);
  return sum.value() == 0;
}

/// Whole, as long as its headers say, never to be fragmented.
bool is_joinable(Bytes packet, std::size_t network) noexcept {
  const std::size_t udp = packet.size() - network;
  if (udp <= kUdpHeader || load_be16(packet.subspan(network + 4)) != udp) return false;
  if (network == kIpv6Header) return load_be16(packet.subspan(4)) == udp && has_good_checksum(packet, network);
  const bool is_whole = load_be16(packet.subspan(2)) == packet.size() && load_be16(packet.subspan(6)) == kDoNotFragment;
  return is_whole && internet_checksum(packet.first(kIpv4Header)) == 0 && has_good_checksum(packet, network);
}

/// All that segments have in common: not lengths, identification and checksums.
bool has_same_headers(Bytes a, Bytes b, std::size_t network) noexcept {
  const auto same = [&](std::size_t from, std::size_t count) {
    return equal(a.subspan(from, count), b.subspan(from, count));
  };
  const bool ports = same(network, 4);
  if (network == kIpv6Header) return ports && same(0, 4) && same(6, 34);
  return ports && same(0, 2) && same(6, 4) && same(12, 8);
}

}  // namespace

bool UdpGatherer::add(Bytes packet) noexcept {
  if (count_ == 0) return begin(packet);
  if (!goes_on(packet)) return false;
  const Bytes payload = packet.subspan(header_);
  std::copy(payload.begin(), payload.end(), room_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += payload.size();
  ++count_;
  is_closed_ = payload.size() < segment_;
  return true;
}

bool UdpGatherer::begin(Bytes packet) noexcept {
  network_ = network_header(packet);
  if (network_ == 0 || packet.size() > room_.size() || !is_joinable(packet, network_)) return false;
  std::copy(packet.begin(), packet.end(), room_.begin());
  header_ = network_ + kUdpHeader;
  segment_ = packet.size() - header_;
  size_ = packet.size();
  count_ = 1;
  is_closed_ = false;
  return true;
}

bool UdpGatherer::goes_on(Bytes packet) const noexcept {
  if (is_closed_ || count_ == kMaxUdpSegments || network_header(packet) != network_) return false;
  if (packet.size() <= header_ || packet.size() - header_ > segment_) return false;
  const std::size_t size = size_ + packet.size() - header_;
  if (size > std::min(kMaxGathered, room_.size())) return false;
  return has_same_headers(room_, packet, network_) && is_joinable(packet, network_);
}

SuperPacket UdpGatherer::gathered() noexcept {
  const MutableBytes whole = room_.first(size_);
  if (count_ == 1) return SuperPacket{whole};
  store_be16(whole.subspan(network_ + 4), static_cast<std::uint16_t>(size_ - network_));
  if (network_ == kIpv6Header) {
    store_be16(whole.subspan(4), static_cast<std::uint16_t>(size_ - network_));
  } else {
    store_be16(whole.subspan(2), static_cast<std::uint16_t>(size_));
    store_be16(whole.subspan(10), 0);
    store_be16(whole.subspan(10), internet_checksum(whole.first(kIpv4Header)));
  }
  return SuperPacket{whole,
                     {SegmentKind::Udp, static_cast<std::uint16_t>(segment_), static_cast<std::uint16_t>(header_)}};
}

}  // namespace sallyport
