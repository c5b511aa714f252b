#pragma once

#include "common/base/bytes.hpp"
#include "common/base/file_descriptor.hpp"
#include "common/base/result.hpp"
#include "common/base/system_error.hpp"
#include "common/ip/super_packet.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace sallyport {

struct TunOptions {
  bool multi_queue = false;         ///< open() may be called again with the same name, once per worker
  bool persist = false;             ///< the interface outlives the process
  bool offload = false;             ///< the kernel may give super-packets; what it cannot do of that is done here
  std::uint32_t queues_before = 0;  ///< of the same interface, that this process has open
};

/// Octets in front of a packet that TunDevice needs to itself: in what it reads, and for write_over().
inline constexpr std::size_t kTunHeadroom = 16;
/// What read() needs at most.
inline constexpr std::size_t kTunScratch = kTunHeadroom + 65536;

/// One queue of a TUN interface: whole IP packets, or super-packets. Non-blocking.
class TunDevice {
 public:
  /// Makes the interface or joins it. `name` is at most 15 characters; "%d" in it becomes a free number. It is this
  /// process' alone: one without owner becomes that of this process' user; one that belongs to another user but root,
  /// or to a group, or that another process has joined, is refused.
  [[nodiscard]] static Result<TunDevice, SystemError> open(const std::string& name, const TunOptions& options = {});

  /// The next packet, in `scratch` behind kTunHeadroom octets; an empty one when none waits. A packet longer than the
  /// room is cut: give it kTunHeadroom and the MTU or more, with offload kTunScratch. A plain one has all its
  /// checksums.
  [[nodiscard]] Result<SuperPacket, SystemError> read(MutableBytes scratch) noexcept;

  /// False when the kernel did not take the packet (queue full, interface down): it is lost, as on any wire. A
  /// super-packet needs no offload of the reading side; what is no sound one is not written.
  [[nodiscard]] bool write(const SuperPacket& super) noexcept;

  /// The same without a copy: `room` is kTunHeadroom octets, which are written over, and then the packet.
  [[nodiscard]] bool write_over(MutableBytes room, const Segmentation& segmentation) noexcept;

  /// The kernel takes super-packets of UDP too.
  [[nodiscard]] bool takes_udp_segments() const noexcept { return takes_udp_; }

  /// Nobody has removed the interface, nor given it another name.
  [[nodiscard]] bool is_attached() const noexcept;

  [[nodiscard]] Result<void, SystemError> set_persistent(bool persistent);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

 private:
  TunDevice(FileDescriptor fd, std::string name) noexcept : fd_{std::move(fd)}, name_{std::move(name)} {}
  [[nodiscard]] Result<TunDevice, SystemError> set_up(const TunOptions& options, bool is_new) &&;
  void switch_offload_on();
  [[nodiscard]] bool write_all(Bytes octets) noexcept;
  [[nodiscard]] bool write_super(MutableBytes room, std::uint16_t segment_size) noexcept;
  [[nodiscard]] bool write_segments(const PacketView& packet, std::uint16_t segment_size) noexcept;

  FileDescriptor fd_;
  std::string name_;
  bool has_header_ = false;  ///< each packet has a VirtioHeader in front
  bool takes_udp_ = false;
  ByteBuffer scratch_;  ///< for packets that have no room in front
};

}  // namespace sallyport
