#include "server/ctl/drill_packet.hpp"

#include "common/ip/checksum.hpp"
#include "common/ip/ip_header.hpp"
#include "common/ip/protocol.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kUdpHeader = 8;
constexpr std::uint16_t kSourcePort = 4097;
constexpr std::string_view kMark = "sallyport revocation drill ";
constexpr std::size_t kPayload = kMark.size() + 4;

void copy(Bytes from, MutableBytes to) { std::copy(from.begin(), from.end(), to.begin()); }

}  // namespace

ByteBuffer drill_packet(const IpAddress& source, const IpAddress& destination, std::uint16_t port,
                        std::uint32_t number) {
  const std::size_t header = source.is_v4() ? kIpv4Header : kIpv6Header;
  ByteBuffer packet(header + kUdpHeader + kPayload);
  const MutableBytes datagram = MutableBytes{packet}.subspan(header);
  store_be16(datagram, kSourcePort);
  store_be16(datagram.subspan(2), port);
  store_be16(datagram.subspan(4), static_cast<std::uint16_t>(datagram.size()));
  copy(as_bytes(kMark), datagram.subspan(kUdpHeader));
  store_be32(datagram.subspan(kUdpHeader + kMark.size()), number);
  InternetChecksum checksum;
  checksum.add_pseudo_header(source, destination, ip_protocol::kUdp, datagram.size());
  checksum.add(datagram);
  // 0 would say that there is none (RFC 768).
  store_be16(datagram.subspan(6), checksum.value() == 0 ? std::uint16_t{0xffff} : checksum.value());
  write_ip_header(source, destination, ip_protocol::kUdp, Fragments::Allowed, packet);
  return packet;
}

std::optional<std::uint32_t> number_in(Bytes payload) noexcept {
  if (payload.size() != kPayload || as_text(payload.first(kMark.size())) != kMark) return std::nullopt;
  return load_be32(payload.subspan(kMark.size()));
}

}  // namespace sallyport
