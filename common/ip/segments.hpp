#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/packet.hpp"
#include "common/ip/super_packet.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace sallyport {

/// The packets that a super-packet stands for, made one by one: what the kernel's TSO and USO would make of it.
///
/// Takes more than find_super_packet_fault() lets pass: any control bits (FIN and PSH go to the last segment, CWR to
/// the first), any size, options and extension headers. Every checksum is made anew.
class Segments {
 public:
  /// Borrows what `packet` borrows. Nullopt: a fragment, neither TCP nor UDP, without payload, or UDP that does not
  /// fill its packet.
  [[nodiscard]] static std::optional<Segments> of(const PacketView& packet, std::uint16_t segment_size) noexcept;

  [[nodiscard]] std::size_t count() const noexcept { return (payload_ + size_ - 1) / size_; }
  /// Octets of one segment with its headers. Requires index < count().
  [[nodiscard]] std::size_t length(std::size_t index) const noexcept { return header_ + payload_of(index); }
  /// Writes the segment and returns its length. Requires room for length(index).
  std::size_t write(std::size_t index, MutableBytes out) const noexcept;

  /// What they are together.
  [[nodiscard]] PacketTally tally() const noexcept {
    return {static_cast<std::uint32_t>(count()), packet_.bytes().size() + (count() - 1) * header_};
  }

 private:
  Segments(const PacketView& packet, std::size_t header, std::size_t size) noexcept
      : packet_{packet},
        header_{header},
        network_{packet.bytes().size() - packet.transport().size()},
        payload_{packet.bytes().size() - header},
        size_{size} {}

  [[nodiscard]] std::size_t payload_of(std::size_t index) const noexcept {
    return index + 1 < count() ? size_ : payload_ - index * size_;
  }
  void write_network(std::size_t index, MutableBytes segment) const noexcept;
  void write_tcp(std::size_t index, MutableBytes segment) const noexcept;
  void write_udp(MutableBytes segment) const noexcept;
  [[nodiscard]] std::uint16_t transport_checksum(Bytes transport) const noexcept;

  PacketView packet_;
  std::size_t header_;   ///< octets in front of the payload
  std::size_t network_;  ///< octets in front of the transport header
  std::size_t payload_;  ///< of all segments
  std::size_t size_;
};

}  // namespace sallyport
