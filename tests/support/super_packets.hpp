#pragma once

#include "common/ip/segments.hpp"
#include "common/ip/super_packet.hpp"
#include "tests/support/packets.hpp"

#include <random>
#include <string_view>
#include <utility>
#include <vector>

/// Super-packets for tests, and the packets they stand for.
namespace sallyport::test {

inline constexpr std::uint8_t kPush = 0x08;

/// Owns what SuperPacket borrows.
struct OwnSuperPacket {
  ByteBuffer bytes;
  Segmentation segmentation{};

  [[nodiscard]] SuperPacket view() const { return {bytes, segmentation}; }
};

inline void fill_randomly(Transport& transport, std::size_t header, std::mt19937& random) {
  for (std::size_t i = header; i < transport.bytes.size(); ++i) transport.bytes[i] = static_cast<std::byte>(random());
}

/// With a whole checksum, which super-packets need not have.
inline OwnSuperPacket super_of(std::string_view from, std::string_view to, Transport transport, std::size_t header,
                               std::size_t size) {
  const bool v4 = from.find(':') == std::string_view::npos;
  const bool udp = transport.protocol == 17;
  const auto kind = udp ? SegmentKind::Udp : v4 ? SegmentKind::TcpV4 : SegmentKind::TcpV6;
  return {packet(from, to, std::move(transport)),
          {kind, static_cast<std::uint16_t>(size), static_cast<std::uint16_t>((v4 ? 20 : 40) + header)}};
}

inline OwnSuperPacket super_tcp(std::string_view from, std::string_view to, std::uint16_t source_port,
                                std::uint16_t port, std::size_t payload, std::size_t size, std::mt19937& random,
                                std::uint8_t flags = kAck | kPush) {
  auto transport = tcp(source_port, port, flags, payload, static_cast<std::uint32_t>(random()));
  fill_randomly(transport, 20, random);
  return super_of(from, to, std::move(transport), 20, size);
}

inline OwnSuperPacket super_udp(std::string_view from, std::string_view to, std::uint16_t source_port,
                                std::uint16_t port, std::size_t payload, std::size_t size, std::mt19937& random) {
  auto transport = udp(source_port, port, payload);
  fill_randomly(transport, 8, random);
  return super_of(from, to, std::move(transport), 8, size);
}

/// By the code under test: for tests of what is above it.
inline std::vector<ByteBuffer> segments_of(const OwnSuperPacket& super) {
  const auto segments = Segments::of(PacketView::parse(super.bytes).value(), super.segmentation.size).value();
  std::vector<ByteBuffer> out;
  for (std::size_t i = 0; i < segments.count(); ++i) {
    out.emplace_back(segments.length(i));
    (void)segments.write(i, out.back());
  }
  return out;
}

}  // namespace sallyport::test
