#include "client/session/about_whom.hpp"

#include "common/ip/icmp_quote.hpp"
#include "common/ip/packet.hpp"

namespace sallyport {

AboutWhom about_whom(const InsidePacket& packet) noexcept {
  const bool v4 = packet.source.is_v4();
  const auto protocol = std::to_integer<std::uint8_t>(packet.bytes[v4 ? 9 : 6]);
  const bool may_be_icmp =
      v4 ? protocol == ip_protocol::kIcmp : protocol == ip_protocol::kIcmpV6 || ip_protocol::is_extension(protocol);
  if (!may_be_icmp) return AboutWhom::Us;
  const auto view = PacketView::parse(packet.bytes);
  if (!view) return AboutWhom::Unreadable;
  if (!view->is_icmp_error()) return AboutWhom::Us;
  // Of a fragment nothing is read: what it quotes may come with the others.
  const auto quote = IcmpQuote::parse(*view);
  return quote && quote->source == packet.destination ? AboutWhom::Us : AboutWhom::Others;
}

}  // namespace sallyport
