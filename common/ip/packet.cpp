#include "common/ip/packet.hpp"

#include "common/ip/checksum.hpp"
#include "common/ip/ip_header.hpp"

#include <optional>

namespace sallyport {
namespace {

constexpr std::size_t kFragmentHeader = 8;
constexpr std::size_t kLargestPayload = 65535;
constexpr std::size_t kTcpHeader = 20;
constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kIcmpHeader = 8;

std::optional<PacketError> check_tcp(Bytes segment) {
  if (segment.size() < kTcpHeader) return PacketError::BadTransport;
  const std::size_t header = (std::to_integer<std::size_t>(segment[12]) >> 4U) * 4;
  if (header < kTcpHeader || header > segment.size()) return PacketError::BadTransport;
  return std::nullopt;
}

std::optional<PacketError> check_udp(Bytes datagram, bool whole) {
  if (datagram.size() < kUdpHeader) return PacketError::BadTransport;
  const std::size_t length = load_be16(datagram.subspan(4));
  if (length < kUdpHeader || (whole && length > datagram.size())) return PacketError::BadTransport;
  return std::nullopt;
}

std::optional<PacketError> check_transport(unsigned version, std::uint8_t protocol, Bytes transport, bool whole) {
  if (protocol == ip_protocol::kTcp) return check_tcp(transport);
  if (protocol == ip_protocol::kUdp) return check_udp(transport, whole);
  if (protocol == PacketView::icmp_of(version) && transport.size() < kIcmpHeader) return PacketError::BadTransport;
  return std::nullopt;
}

/// `before` counts the octets of the reassembled length that precede the fragmentable part: the IPv4 header, or the
/// extension headers in front of the fragment header (RFC 8200 4.5).
std::optional<PacketError> check_fragment(const HeaderChain& chain, std::size_t size, std::size_t before) {
  if (size == 0 || (chain.fragment.more && size % 8 != 0)) return PacketError::BadFragment;
  if (before + chain.fragment.offset + size > kLargestPayload) return PacketError::BadFragment;
  if (chain.fragment.offset == 8 && chain.protocol == ip_protocol::kTcp) return PacketError::FragmentOffsetOne;
  return std::nullopt;
}

/// What holds for both families once the headers are known. `packet` is trimmed to its total length.
std::optional<PacketError> check_payload(unsigned version, Bytes packet, const HeaderChain& chain) {
  const bool whole = !chain.fragment.more && chain.fragment.offset == 0;
  if (!whole) {
    const std::size_t before = chain.fragmentable - (version == 4 ? 0 : kIpv6Header + kFragmentHeader);
    if (const auto error = check_fragment(chain, packet.size() - chain.fragmentable, before)) return error;
  }
  if (chain.fragment.offset != 0) return std::nullopt;
  const Bytes transport = packet.subspan(chain.transport);
  if (!whole && transport.empty()) return PacketError::TinyFragment;
  const auto error = check_transport(version, chain.protocol, transport, whole);
  return error && !whole ? PacketError::TinyFragment : error;
}

/// The walk has found the header whole.
std::optional<PacketError> trim_ipv4(Bytes& packet, std::size_t header) {
  const std::size_t total = load_be16(packet.subspan(2));
  if (total < header) return PacketError::BadHeaderLength;
  if (total > packet.size()) return PacketError::Truncated;
  if (internet_checksum(packet.first(header)) != 0) return PacketError::BadChecksum;
  packet = packet.first(total);
  return std::nullopt;
}

std::optional<PacketError> trim_ipv6(Bytes& packet) {
  if (packet.size() < kIpv6Header) return PacketError::Truncated;
  const std::size_t total = kIpv6Header + load_be16(packet.subspan(4));
  if (total > packet.size()) return PacketError::Truncated;
  packet = packet.first(total);
  return std::nullopt;
}

std::optional<PacketError> walk_ipv4(Bytes& packet, HeaderChain& chain) {
  if (const auto error = walk_ipv4_header(packet, chain)) return error;
  return trim_ipv4(packet, chain.transport);
}

std::optional<PacketError> walk_ipv6(Bytes& packet, HeaderChain& chain) {
  if (const auto error = trim_ipv6(packet)) return error;
  return walk_ipv6_headers(packet, chain);
}

}  // namespace

/// One object from beginning to end: on the packet path a copy of it would cost as much as all checks.
Result<PacketView, PacketError> PacketView::parse(Bytes bytes) noexcept {
  Result<PacketView, PacketError> result{PacketView{bytes}};
  if (const auto fault = result->check()) result = fail(*fault);
  return result;
}

std::optional<PacketError> PacketView::check() noexcept {
  if (bytes_.empty()) return PacketError::Truncated;
  const unsigned family = version();
  if (family != 4 && family != 6) return PacketError::BadVersion;
  if (const auto fault = family == 4 ? walk_ipv4(bytes_, chain_) : walk_ipv6(bytes_, chain_)) return fault;
  return check_payload(family, bytes_, chain_);
}

bool PacketView::is_icmp_error() const noexcept {
  if (!has_icmp()) return false;
  const std::uint8_t type = icmp_type();
  if (!is_v4()) return type < 128;
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

}  // namespace sallyport
