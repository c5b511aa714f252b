#include "common/ip/ack_filter.hpp"

#include "common/ip/ip_header.hpp"
#include "common/ip/packet.hpp"

#include <algorithm>
#include <cstdint>

namespace sallyport {
namespace {

constexpr std::size_t kTcpHeader = 20;
constexpr std::size_t kTimestamps = 12;
/// Two octets without a meaning in front of the option: as everybody sends it (RFC 7323 appendix A).
constexpr std::uint32_t kTimestampsBegin = 0x0101080a;

bool equal(Bytes a, Bytes b) noexcept { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

/// The IP header's length of a whole TCP packet without IP options; 0 of any other.
std::size_t network_header(Bytes packet) noexcept {
  if (packet.size() < kIpv4Header + kTcpHeader) return 0;
  const auto octet = [&](std::size_t index) { return std::to_integer<unsigned>(packet[index]); };
  if (octet(0) == 0x45) {
    const bool is_whole =
        load_be16(packet.subspan(2)) == packet.size() && (load_be16(packet.subspan(6)) & 0x3fffU) == 0;
    return is_whole && octet(9) == ip_protocol::kTcp ? kIpv4Header : 0;
  }
  if (octet(0) >> 4U != 6 || packet.size() < kIpv6Header + kTcpHeader || octet(6) != ip_protocol::kTcp) return 0;
  return load_be16(packet.subspan(4)) == packet.size() - kIpv6Header ? kIpv6Header : 0;
}

/// No data, no other flag (those of ECN among them), no option but timestamps: nothing that would be missed.
bool is_bare(Bytes tcp) noexcept {
  if (tcp.size() != kTcpHeader && tcp.size() != kTcpHeader + kTimestamps) return false;
  if (load_be16(tcp.subspan(12)) != (tcp.size() / 4 << 12U | tcp_flag::kAck)) return false;
  return tcp.size() == kTcpHeader || load_be32(tcp.subspan(kTcpHeader)) == kTimestampsBegin;
}

/// All but lengths, identification and checksum.
bool has_same_network(Bytes a, Bytes b, std::size_t network) noexcept {
  const auto same = [&](std::size_t from, std::size_t count) {
    return equal(a.subspan(from, count), b.subspan(from, count));
  };
  if (network == kIpv6Header) return same(0, 4) && same(6, 34);
  return same(0, 2) && same(6, 4) && same(12, 8);
}

/// Of the same flow at the same place, and acknowledges more. Another one for the same octets tells of a loss.
bool says_more(Bytes tcp, Bytes before) noexcept {
  const auto further = load_be32(tcp.subspan(8)) - load_be32(before.subspan(8));
  return tcp.size() == before.size() && equal(tcp.first(8), before.first(8)) && further != 0 && further < 1U << 31U;
}

}  // namespace

bool AckFilter::hold(Bytes packet) noexcept {
  const std::size_t network = network_header(packet);
  if (network == 0 || !is_bare(packet.subspan(network))) return false;
  const bool goes_on = is_empty() || (packet.size() == size_ && has_same_network(packet, held(), network) &&
                                      says_more(packet.subspan(network), held().subspan(network)));
  if (!goes_on) return false;
  std::copy(packet.begin(), packet.end(), room_.begin());
  size_ = packet.size();
  return true;
}

bool AckFilter::is_of_flow(Bytes packet) const noexcept {
  const auto own = PacketView::parse(held());
  const auto other = PacketView::parse(packet);
  return own && other && other->is_tcp() && own->source_port() == other->source_port() &&
         own->destination_port() == other->destination_port() && own->source() == other->source() &&
         own->destination() == other->destination();
}

}  // namespace sallyport
