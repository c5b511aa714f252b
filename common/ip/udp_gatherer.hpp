#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/packet.hpp"
#include "common/ip/super_packet.hpp"

#include <cstddef>
#include <cstdint>

namespace sallyport {

/// Joins UDP packets of one flow that follow each other, so that the kernel is asked once for many.
///
/// What comes out falls apart into exactly what went in, but for an IPv4 identification that nobody reads (RFC 6864:
/// the packet may not be fragmented). Only packets whose checksum is right are joined: the kernel makes new ones.
class UdpGatherer {
 public:
  /// Packets are gathered in `room` behind `headroom` octets; it outlives the gatherer and never moves.
  UdpGatherer(MutableBytes room, std::size_t headroom) noexcept : room_{room.subspan(headroom)} {}

  /// True: copied. False: it does not go on with what is gathered, or cannot be gathered at all.
  [[nodiscard]] bool add(Bytes packet) noexcept;

  [[nodiscard]] bool is_empty() const noexcept { return count_ == 0; }
  /// What is gathered, ready to be written from where it is: one packet as it came, or a super-packet. Requires
  /// !is_empty().
  [[nodiscard]] SuperPacket gathered() noexcept;
  void clear() noexcept { count_ = 0; }

 private:
  [[nodiscard]] bool begin(Bytes packet) noexcept;
  [[nodiscard]] bool goes_on(Bytes packet) const noexcept;

  MutableBytes room_;
  std::size_t header_ = 0;   ///< IP and UDP header of each packet
  std::size_t network_ = 0;  ///< IP header
  std::size_t segment_ = 0;  ///< payload of the first packet
  std::size_t size_ = 0;     ///< octets in room_
  std::size_t count_ = 0;
  bool is_closed_ = false;  ///< the last packet was shorter
};

}  // namespace sallyport
