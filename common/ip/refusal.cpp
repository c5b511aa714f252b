#include "common/ip/refusal.hpp"

#include "common/ip/checksum.hpp"
#include "common/ip/ip_header.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kTcpHeader = 20;
constexpr std::size_t kIcmpHeader = 8;
constexpr std::size_t kLargestIpv4Error = 576;

std::size_t ip_header_size(const PacketView& packet) { return packet.is_v4() ? kIpv4Header : kIpv6Header; }

void copy(Bytes from, MutableBytes to) { std::copy(from.begin(), from.end(), to.begin()); }

/// Of the answer to `packet`, which is all of `out`.
void write_header(const PacketView& packet, std::uint8_t protocol, MutableBytes out) {
  write_ip_header(packet.destination(), packet.source(), protocol, Fragments::Forbidden, out);
}

std::uint16_t transport_checksum(const PacketView& packet, std::uint8_t protocol, Bytes transport) {
  InternetChecksum checksum;
  if (protocol != ip_protocol::kIcmp) {
    checksum.add_pseudo_header(packet.destination(), packet.source(), protocol, transport.size());
  }
  checksum.add(transport);
  return checksum.value();
}

/// SYN and FIN take one sequence number each (RFC 9293 3.4).
std::uint32_t segment_length(const PacketView& packet) {
  const Bytes segment = packet.transport();
  const std::size_t header = (std::to_integer<std::size_t>(segment[12]) >> 4U) * 4;
  const unsigned syn = (packet.tcp_flags() & tcp_flag::kSyn) != 0 ? 1 : 0;
  const unsigned fin = (packet.tcp_flags() & tcp_flag::kFin) != 0 ? 1 : 0;
  return static_cast<std::uint32_t>(segment.size() - header) + syn + fin;
}

/// The reset of a connection that does not exist: RFC 9293 3.10.7.1.
std::size_t write_reset(const PacketView& packet, MutableBytes out) {
  const Bytes segment = packet.transport();
  const MutableBytes reset = out.subspan(ip_header_size(packet));
  store_be16(reset, packet.destination_port());
  store_be16(reset.subspan(2), packet.source_port());
  reset[12] = std::byte{(kTcpHeader / 4) << 4U};
  if ((packet.tcp_flags() & tcp_flag::kAck) != 0) {
    copy(segment.subspan(8, 4), reset.subspan(4));
    reset[13] = std::byte{tcp_flag::kRst};
  } else {
    store_be32(reset.subspan(8), load_be32(segment.subspan(4)) + segment_length(packet));
    reset[13] = std::byte{tcp_flag::kRst | tcp_flag::kAck};
  }
  store_be16(reset.subspan(16), transport_checksum(packet, ip_protocol::kTcp, reset));
  write_header(packet, ip_protocol::kTcp, out);
  return out.size();
}

struct Unreachable {
  std::uint8_t type;
  std::uint8_t code;
};

Unreachable unreachable(const PacketView& packet, Refusal refusal) {
  switch (refusal) {
    case Refusal::Prohibited:
      return packet.is_v4() ? Unreachable{3, 13} : Unreachable{1, 1};
    case Refusal::SourceRefused:
      return packet.is_v4() ? Unreachable{3, 13} : Unreachable{1, 5};
    case Refusal::NoRoute:
      return packet.is_v4() ? Unreachable{3, 0} : Unreachable{1, 0};
  }
  return Unreachable{3, 13};
}

std::size_t write_unreachable(const PacketView& packet, Refusal refusal, MutableBytes out) {
  const auto protocol = PacketView::icmp_of(packet.version());
  const auto [type, code] = unreachable(packet, refusal);
  const MutableBytes icmp = out.subspan(ip_header_size(packet));
  icmp[0] = std::byte{type};
  icmp[1] = std::byte{code};
  copy(packet.bytes().first(icmp.size() - kIcmpHeader), icmp.subspan(kIcmpHeader));
  store_be16(icmp.subspan(2), transport_checksum(packet, protocol, icmp));
  write_header(packet, protocol, out);
  return out.size();
}

bool is_one_host(const IpAddress& address) { return !address.is_multicast() && !address.is_martian(); }

}  // namespace

bool is_answerable(const PacketView& packet) noexcept {
  if (packet.is_later_fragment() || packet.is_icmp_error()) return false;
  if (packet.is_icmp() && !packet.is_v4() && packet.icmp_type() == 137) return false;
  if ((packet.tcp_flags() & tcp_flag::kRst) != 0) return false;
  return is_one_host(packet.source()) && is_one_host(packet.destination());
}

std::size_t write_refusal(const PacketView& packet, Refusal refusal, MutableBytes out) noexcept {
  if (!is_answerable(packet)) return 0;
  const bool resets = packet.is_tcp() && refusal == Refusal::Prohibited;
  const std::size_t quotable =
      (packet.is_v4() ? kLargestIpv4Error : kMaxRefusalSize) - ip_header_size(packet) - kIcmpHeader;
  const std::size_t body = resets ? kTcpHeader : kIcmpHeader + std::min(quotable, packet.bytes().size());
  const std::size_t size = ip_header_size(packet) + body;
  if (size > out.size()) return 0;
  const MutableBytes answer = out.first(size);
  std::fill(answer.begin(), answer.end(), std::byte{0});
  return resets ? write_reset(packet, answer) : write_unreachable(packet, refusal, answer);
}

}  // namespace sallyport
