#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/address.hpp"
#include "common/ip/packet.hpp"

#include <cstdint>
#include <optional>

namespace sallyport {

/// The packet that an ICMP error is about, as far as the error quotes it.
struct IcmpQuote {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;
  std::uint16_t source_port = 0;       ///< TCP and UDP only
  std::uint16_t destination_port = 0;  ///< TCP and UDP only
  std::uint16_t echo_id = 0;           ///< ICMP echo only
  bool is_echo_request = false;
  bool is_echo_reply = false;

  /// Eight octets of the quoted transport header are enough (RFC 792). Nullopt when `error` is no whole ICMP error
  /// or quotes too little, a later fragment, another ICMP error or a packet of another family.
  [[nodiscard]] static std::optional<IcmpQuote> parse(const PacketView& error) noexcept;

  friend bool operator==(const IcmpQuote&, const IcmpQuote&) = default;
};

}  // namespace sallyport
