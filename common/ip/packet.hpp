#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/ip/address.hpp"
#include "common/ip/header_chain.hpp"
#include "common/ip/packet_error.hpp"
#include "common/ip/protocol.hpp"

#include <cstdint>
#include <optional>

namespace sallyport {

/// TCP control bits (RFC 9293 3.1).
namespace tcp_flag {
inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kRst = 0x04;
inline constexpr std::uint8_t kAck = 0x10;
}  // namespace tcp_flag

/// A borrowed IPv4 or IPv6 packet, every header of which has been checked: no accessor can fail.
class PacketView {
 public:
  /// `bytes` is one packet; octets after its total length are ignored. IPv6 atomic fragments (RFC 6946) count as whole.
  [[nodiscard]] static Result<PacketView, PacketError> parse(Bytes bytes) noexcept;

  /// Trimmed to the total length.
  [[nodiscard]] Bytes bytes() const noexcept { return bytes_; }
  [[nodiscard]] unsigned version() const noexcept { return std::to_integer<unsigned>(bytes_[0]) >> 4U; }
  [[nodiscard]] bool is_v4() const noexcept { return version() == 4; }
  [[nodiscard]] IpAddress source() const noexcept { return address_at(is_v4() ? 12 : 8); }
  [[nodiscard]] IpAddress destination() const noexcept { return address_at(is_v4() ? 16 : 24); }

  /// Behind all extension headers; in a later IPv6 fragment what its fragment header names.
  [[nodiscard]] std::uint8_t protocol() const noexcept { return chain_.protocol; }
  [[nodiscard]] bool is_tcp() const noexcept { return protocol() == ip_protocol::kTcp; }
  [[nodiscard]] bool is_udp() const noexcept { return protocol() == ip_protocol::kUdp; }
  /// ICMP of the packet's own family.
  [[nodiscard]] bool is_icmp() const noexcept { return protocol() == icmp_of(version()); }
  [[nodiscard]] bool is_icmp_error() const noexcept;

  [[nodiscard]] bool is_fragment() const noexcept { return chain_.fragment.more || chain_.fragment.offset != 0; }
  [[nodiscard]] bool is_first_fragment() const noexcept { return is_fragment() && chain_.fragment.offset == 0; }
  [[nodiscard]] bool is_later_fragment() const noexcept { return chain_.fragment.offset != 0; }
  [[nodiscard]] const Fragment& fragment() const noexcept { return chain_.fragment; }
  /// Octets of the original datagram that this fragment carries, from fragment().offset on.
  [[nodiscard]] std::size_t fragment_size() const noexcept { return bytes_.size() - chain_.fragmentable; }

  /// False in later fragments.
  [[nodiscard]] bool has_transport() const noexcept { return !is_later_fragment(); }
  /// Transport header and payload; empty in later fragments.
  [[nodiscard]] Bytes transport() const noexcept {
    return has_transport() ? bytes_.subspan(chain_.transport) : Bytes{};
  }

  /// 0 unless TCP or UDP with has_transport().
  [[nodiscard]] std::uint16_t source_port() const noexcept { return has_ports() ? load_be16(transport()) : 0; }
  [[nodiscard]] std::uint16_t destination_port() const noexcept {
    return has_ports() ? load_be16(transport().subspan(2)) : 0;
  }
  /// 0 unless TCP with has_transport().
  [[nodiscard]] std::uint8_t tcp_flags() const noexcept { return has_transport() && is_tcp() ? octet_at(13) : 0; }
  /// 0 unless is_icmp() with has_transport().
  [[nodiscard]] std::uint8_t icmp_type() const noexcept { return has_icmp() ? octet_at(0) : 0; }
  [[nodiscard]] std::uint8_t icmp_code() const noexcept { return has_icmp() ? octet_at(1) : 0; }
  [[nodiscard]] bool is_echo_request() const noexcept { return has_icmp() && icmp_type() == (is_v4() ? 8 : 128); }
  [[nodiscard]] bool is_echo_reply() const noexcept { return has_icmp() && icmp_type() == (is_v4() ? 0 : 129); }
  /// 0 unless an echo request or reply.
  [[nodiscard]] std::uint16_t echo_id() const noexcept {
    return is_echo_request() || is_echo_reply() ? load_be16(transport().subspan(4)) : 0;
  }

  [[nodiscard]] static constexpr std::uint8_t icmp_of(unsigned version) noexcept {
    return version == 4 ? ip_protocol::kIcmp : ip_protocol::kIcmpV6;
  }

 private:
  explicit PacketView(Bytes bytes) noexcept : bytes_{bytes} {}
  /// Trims bytes_ and fills chain_.
  [[nodiscard]] std::optional<PacketError> check() noexcept;
  [[nodiscard]] bool has_ports() const noexcept { return has_transport() && (is_tcp() || is_udp()); }
  [[nodiscard]] bool has_icmp() const noexcept { return has_transport() && is_icmp(); }
  [[nodiscard]] std::uint8_t octet_at(std::size_t index) const noexcept {
    return std::to_integer<std::uint8_t>(bytes_[chain_.transport + index]);
  }
  [[nodiscard]] IpAddress address_at(std::size_t offset) const noexcept {
    return IpAddress::from_octets(bytes_.subspan(offset, is_v4() ? 4 : 16));
  }

  Bytes bytes_;
  HeaderChain chain_;
};

using Packet = PacketView;

}  // namespace sallyport
