#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/address.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

/// Packets for tests, every checksum right, written octet by octet without the code under test.
namespace sallyport::test {

inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kRst = 0x04;
inline constexpr std::uint8_t kAck = 0x10;

inline IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

inline ByteBuffer octets(std::initializer_list<unsigned> values) {
  ByteBuffer out;
  for (const unsigned value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}
inline ByteBuffer zeros(std::size_t count) { return ByteBuffer(count, std::byte{0}); }

inline void put16(ByteBuffer& out, std::size_t at, std::size_t value) {
  out[at] = static_cast<std::byte>((value >> 8U) & 0xffU);
  out[at + 1] = static_cast<std::byte>(value & 0xffU);
}
inline void put32(ByteBuffer& out, std::size_t at, std::uint32_t value) {
  put16(out, at, value >> 16U);
  put16(out, at + 2, value & 0xffffU);
}
inline unsigned get16(Bytes bytes, std::size_t at) {
  return std::to_integer<unsigned>(bytes[at]) * 256 + std::to_integer<unsigned>(bytes[at + 1]);
}

inline unsigned naive_checksum(ByteBuffer bytes) {
  if (bytes.size() % 2 != 0) bytes.push_back(std::byte{0});
  unsigned sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += get16(bytes, i);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return 0xffff - sum;
}

/// Of a transport payload; 0 when the checksum inside it is right.
inline unsigned naive_transport_checksum(const IpAddress& from, const IpAddress& to, unsigned protocol, Bytes payload) {
  ByteBuffer all;
  if (protocol != 1) {
    append(all, from.octets());
    append(all, to.octets());
    const auto size = static_cast<unsigned>(payload.size());
    append(all, octets({0, 0, size >> 8U, size & 0xffU, 0, 0, 0, protocol}));
  }
  append(all, payload);
  return naive_checksum(all);
}

/// What stands behind the IP header.
struct Transport {
  std::uint8_t protocol = 0;
  ByteBuffer bytes;
  std::size_t checksum_at = 0;  ///< 0: has none
};

inline Transport tcp(std::uint16_t from, std::uint16_t to, std::uint8_t flags, std::size_t data = 0,
                     std::uint32_t seq = 1000, std::uint32_t ack = 2000) {
  Transport out{6, zeros(20 + data), 16};
  put16(out.bytes, 0, from);
  put16(out.bytes, 2, to);
  put32(out.bytes, 4, seq);
  put32(out.bytes, 8, ack);
  out.bytes[12] = std::byte{0x50};
  out.bytes[13] = std::byte{flags};
  return out;
}

inline Transport udp(std::uint16_t from, std::uint16_t to, std::size_t data = 4) {
  Transport out{17, zeros(8 + data), 6};
  put16(out.bytes, 0, from);
  put16(out.bytes, 2, to);
  put16(out.bytes, 4, 8 + data);
  return out;
}

inline Transport icmp(std::uint8_t protocol, unsigned type, unsigned code, Bytes body) {
  Transport out{protocol, octets({type, code, 0, 0}), 2};
  append(out.bytes, body);
  return out;
}

/// ICMP or ICMPv6 echo request (`reply` false) or reply.
inline Transport echo(std::uint8_t protocol, bool reply, std::uint16_t id, std::size_t data = 8) {
  ByteBuffer body = zeros(4 + data);
  put16(body, 0, id);
  return icmp(protocol, protocol == 1 ? (reply ? 0 : 8) : (reply ? 129 : 128), 0, body);
}

/// An ICMP error of `type` that quotes the first `size` octets of `about`.
inline Transport icmp_error(std::uint8_t protocol, unsigned type, unsigned code, const ByteBuffer& about,
                            std::size_t size = 1200) {
  ByteBuffer body = zeros(4);
  append(body, Bytes{about}.first(std::min(size, about.size())));
  return icmp(protocol, type, code, body);
}

inline Transport raw(std::uint8_t protocol, ByteBuffer bytes) { return {protocol, std::move(bytes), 0}; }

/// An IPv6 extension header: `body` without the next header octet.
struct Extension {
  std::uint8_t type = 0;
  ByteBuffer body;
};

inline ByteBuffer ipv4_header(const IpAddress& from, const IpAddress& to, std::uint8_t protocol, std::size_t payload,
                              const ByteBuffer& options = {}, unsigned id = 0, unsigned fragment_field = 0) {
  ByteBuffer out = zeros(20);
  append(out, options);
  out[0] = static_cast<std::byte>(0x40 + out.size() / 4);
  put16(out, 2, out.size() + payload);
  put16(out, 4, id);
  put16(out, 6, fragment_field);
  out[8] = std::byte{64};
  out[9] = std::byte{protocol};
  for (std::size_t i = 0; i < 4; ++i) {
    out[12 + i] = from.octets()[i];
    out[16 + i] = to.octets()[i];
  }
  put16(out, 10, naive_checksum(out));
  return out;
}

inline ByteBuffer ipv6_header(const IpAddress& from, const IpAddress& to, std::uint8_t next, std::size_t payload) {
  ByteBuffer out = zeros(40);
  out[0] = std::byte{0x60};
  put16(out, 4, payload);
  out[6] = std::byte{next};
  out[7] = std::byte{64};
  for (std::size_t i = 0; i < 16; ++i) {
    out[8 + i] = from.octets()[i];
    out[24 + i] = to.octets()[i];
  }
  return out;
}

inline ByteBuffer packet(const IpAddress& from, const IpAddress& to, Transport transport,
                         const std::vector<Extension>& extensions = {}, const ByteBuffer& options = {}) {
  if (transport.checksum_at != 0) {
    put16(transport.bytes, transport.checksum_at,
          naive_transport_checksum(from, to, transport.protocol, transport.bytes));
  }
  ByteBuffer payload;
  for (std::size_t i = 0; i < extensions.size(); ++i) {
    payload.push_back(std::byte{i + 1 < extensions.size() ? extensions[i + 1].type : transport.protocol});
    append(payload, extensions[i].body);
  }
  append(payload, transport.bytes);
  const std::uint8_t first = extensions.empty() ? transport.protocol : extensions[0].type;
  ByteBuffer out = from.is_v4() ? ipv4_header(from, to, transport.protocol, payload.size(), options)
                                : ipv6_header(from, to, first, payload.size());
  append(out, payload);
  return out;
}

inline ByteBuffer packet(std::string_view from, std::string_view to, Transport transport,
                         const std::vector<Extension>& extensions = {}, const ByteBuffer& options = {}) {
  return packet(address(from), address(to), std::move(transport), extensions, options);
}

/// The body of a fragment header: reserved, offset and M, identification.
inline ByteBuffer fragment_body(std::uint32_t id, std::size_t offset, bool more) {
  ByteBuffer out = zeros(7);
  put16(out, 1, offset + (more ? 1 : 0));
  put32(out, 3, id);
  return out;
}

/// The fragment of `whole` (made by packet(), no options, no extensions) that carries `size` octets from `offset` on.
inline ByteBuffer fragment(const ByteBuffer& whole, std::uint32_t id, std::size_t offset, std::size_t size, bool more) {
  const bool v4 = std::to_integer<unsigned>(whole[0]) >> 4U == 4;
  const auto from = IpAddress::from_octets(Bytes{whole}.subspan(v4 ? 12 : 8, v4 ? 4 : 16));
  const auto to = IpAddress::from_octets(Bytes{whole}.subspan(v4 ? 16 : 24, v4 ? 4 : 16));
  const auto protocol = std::to_integer<std::uint8_t>(whole[v4 ? 9 : 6]);
  const Bytes part = Bytes{whole}.subspan((v4 ? 20 : 40) + offset, size);
  if (!v4) return packet(from, to, raw(protocol, {part.begin(), part.end()}), {{44, fragment_body(id, offset, more)}});
  const auto field = static_cast<unsigned>(offset / 8) + (more ? 0x2000U : 0U);
  ByteBuffer out = ipv4_header(from, to, protocol, size, {}, id & 0xffffU, field);
  append(out, part);
  return out;
}

}  // namespace sallyport::test
