#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/packet.hpp"
#include "common/ip/super_packet.hpp"

#include <array>
#include <cstddef>
#include <optional>

namespace sallyport {

/// A super-packet as several smaller ones, made one by one: segment by segment they are the same.
class SuperPieces {
 public:
  /// IP and TCP header, of the longest kind.
  static constexpr std::size_t kLongestHeader = 40 + 60;
  using HeaderRoom = std::array<std::byte, kLongestHeader>;

  /// One piece: its packet is `header` and then `payload`. A piece of one segment is a plain packet with all its
  /// checksums.
  struct Piece {
    Bytes header;   ///< in the room that was given
    Bytes payload;  ///< in the packet
    Segmentation segmentation{};
  };

  /// Pieces of as many segments as fit into `octets`, at least one. Borrows what `packet` borrows. Nullopt: a packet
  /// that has a fault, or is one piece already. Requires !super.is_plain(), parsed to `packet`.
  [[nodiscard]] static std::optional<SuperPieces> of(const SuperPacket& super, const PacketView& packet,
                                                     std::size_t octets) noexcept;

  [[nodiscard]] std::size_t count() const noexcept { return (payload_ + step_ - 1) / step_; }
  /// Requires index < count().
  [[nodiscard]] Piece piece(std::size_t index, HeaderRoom& room) const noexcept;

 private:
  SuperPieces(const SuperPacket& super, const PacketView& packet, std::size_t segments) noexcept
      : packet_{packet},
        segmentation_{super.segmentation},
        segments_{segments},
        step_{segments * super.segmentation.size},
        payload_{packet.bytes().size() - super.segmentation.header_length} {}

  void write_network(MutableBytes header, std::size_t index, std::size_t payload) const noexcept;
  void write_transport(MutableBytes header, std::size_t index, std::size_t payload) const noexcept;
  void complete(MutableBytes header, Bytes payload) const noexcept;
  [[nodiscard]] std::size_t network() const noexcept { return packet_.bytes().size() - packet_.transport().size(); }

  PacketView packet_;
  Segmentation segmentation_;
  std::size_t segments_;  ///< of each piece but the last
  std::size_t step_;      ///< payload octets of each piece but the last
  std::size_t payload_;   ///< of all
};

}  // namespace sallyport
