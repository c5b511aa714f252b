#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/ack_filter.hpp"
#include "common/ip/super_packet.hpp"
#include "common/ip/udp_gatherer.hpp"
#include "tun/device.hpp"

#include <cstdint>
#include <functional>
#include <utility>

namespace sallyport {

/// Gives packets to a TUN queue in their order, with as few system calls and copies as it can.
///
/// A turn is: any number of write(), then flush(). What is written may wait until then. Of acknowledgements that follow
/// each other in a turn only the last is given.
class PacketWriter {
 public:
  PacketWriter() : room_(kTunScratch), gatherer_{room_, kTunHeadroom} {}
  PacketWriter(const PacketWriter&) = delete;
  PacketWriter& operator=(const PacketWriter&) = delete;

  /// `lender` is the buffer that `super` may lie in: octets in front of the packet, already used up, are written over.
  void write(TunDevice& device, const SuperPacket& super, MutableBytes lender) noexcept;
  void flush(TunDevice& device) noexcept;

  /// System calls that the kernel refused since the last call of this: packets lost, or super-packets.
  [[nodiscard]] std::uint64_t take_lost() noexcept { return std::exchange(lost_, 0); }

 private:
  /// True: it waits, with what follows it.
  [[nodiscard]] bool gather(const TunDevice& device, const SuperPacket& super) noexcept;
  void write_now(TunDevice& device, const SuperPacket& super, MutableBytes lender) noexcept;

  ByteBuffer room_;
  UdpGatherer gatherer_;
  AckFilter acks_;  ///< empty while something is gathered, and the other way round
  std::uint64_t lost_ = 0;
};

}  // namespace sallyport
