#pragma once

#include "client/session/inside_packet.hpp"
#include "common/base/result.hpp"
#include "common/ip/address.hpp"
#include "common/ip/super_packet.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sallyport {

/// Why a packet did not pass the client. Counted, never fatal (RFC 9484 section 7).
enum class PacketDrop : std::uint8_t {
  NotOnline,
  Malformed,
  ForeignSource,
  ForeignDestination,
  Unroutable,
  BadSuperPacket,  ///< docs/protocol.md section 5.1
  ForeignQuote,    ///< an ICMP error about a packet that was not ours
};
inline constexpr std::size_t kPacketDropCount = 7;
[[nodiscard]] std::string_view describe(PacketDrop drop) noexcept;

/// Which packets pass between this laptop and a gateway: those of the laptop's own addresses, and no other. Shut until
/// it is told which these are. Pure.
class PacketGuard {
 public:
  /// A super-packet counts as its segments.
  struct Traffic {
    std::uint64_t packets_in = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t packets_out = 0;
    std::uint64_t bytes_out = 0;
    std::array<std::uint64_t, kPacketDropCount> dropped_in{};
    std::array<std::uint64_t, kPacketDropCount> dropped_out{};
  };

  /// What is usable is for the caller to say.
  void open(std::vector<IpPrefix> addresses);
  void shut() noexcept { is_open_ = false; }

  /// Of a packet from the inside: what may go to the gateway, borrowed from it; an error: nothing.
  [[nodiscard]] Result<SuperPacket, PacketDrop> admit(const SuperPacket& packet) noexcept;
  /// What admit() let pass was sent.
  void note_sent(const SuperPacket& packet) noexcept;
  /// Of a packet from the gateway: what may go inside, borrowed from it. It counts as given out.
  [[nodiscard]] std::optional<SuperPacket> take(const SuperPacket& packet) noexcept;

  [[nodiscard]] PacketDrop drop_outbound(PacketDrop reason) noexcept;
  std::nullopt_t drop_inbound(PacketDrop reason) noexcept;

  [[nodiscard]] const std::vector<IpPrefix>& addresses() const noexcept { return addresses_; }
  [[nodiscard]] const Traffic& traffic() const noexcept { return traffic_; }

 private:
  [[nodiscard]] std::optional<PacketDrop> fault_inbound(const InsidePacket& packet) const noexcept;
  [[nodiscard]] bool owns(const IpAddress& address) const noexcept;

  bool is_open_ = false;
  std::vector<IpPrefix> addresses_;
  Traffic traffic_;
};

}  // namespace sallyport
