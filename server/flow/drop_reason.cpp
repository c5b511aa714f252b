#include "server/flow/drop_reason.hpp"

namespace sallyport {

std::string_view describe(DropReason reason) noexcept {
  switch (reason) {
    case DropReason::None:
      return "the packet passed";
    case DropReason::Malformed:
      return "the packet's headers are short, impossible or contradict each other";
    case DropReason::BadChecksum:
      return "the IPv4 header checksum is wrong";
    case DropReason::SourceRouted:
      return "the packet asks to be routed over, or counted as from, another address";
    case DropReason::ExtensionHeaders:
      return "the packet has too many IPv6 extension headers, or one out of place";
    case DropReason::TinyFragment:
      return "the fragment is cut so that its headers cannot be judged";
    case DropReason::BadFragment:
      return "the fragment's size or offset is impossible";
    case DropReason::OverlappingFragment:
      return "the fragment overlaps another one; the rest of its datagram is dropped";
    case DropReason::NoFirstFragment:
      return "the first fragment of this datagram has not passed in the last 30 seconds";
    case DropReason::ForeignSource:
      return "the source is not the inside address of this device";
    case DropReason::ForeignDestination:
      return "the destination is not the inside address of this device";
    case DropReason::Martian:
      return "the far address belongs to no host that a tunnel reaches";
    case DropReason::LinkLocal:
      return "link-local addresses are not carried";
    case DropReason::Multicast:
      return "multicast is not carried";
    case DropReason::UnsupportedIcmp:
      return "only ICMP echo and ICMP errors about live flows are carried";
    case DropReason::ForeignQuote:
      return "the ICMP error is not about a live flow of this device";
    case DropReason::NoFlow:
      return "the packet answers nothing that this device opened";
    case DropReason::Forbidden:
      return "policy does not allow this device to reach the destination now";
    case DropReason::RateLimited:
      return "policy does not allow it, and too many refusals were answered just before";
    case DropReason::BadSuperPacket:
      return "the super-packet is not what its segmentation header says, or more than data; the laptop's program is "
             "faulty or hostile";
  }
  return "invalid DropReason";
}

std::string_view name_of(DropReason reason) noexcept {
  switch (reason) {
    case DropReason::None:
      return "none";
    case DropReason::Malformed:
      return "malformed";
    case DropReason::BadChecksum:
      return "bad_checksum";
    case DropReason::SourceRouted:
      return "source_routed";
    case DropReason::ExtensionHeaders:
      return "extension_headers";
    case DropReason::TinyFragment:
      return "tiny_fragment";
    case DropReason::BadFragment:
      return "bad_fragment";
    case DropReason::OverlappingFragment:
      return "overlapping_fragment";
    case DropReason::NoFirstFragment:
      return "no_first_fragment";
    case DropReason::ForeignSource:
      return "foreign_source";
    case DropReason::ForeignDestination:
      return "foreign_destination";
    case DropReason::Martian:
      return "martian";
    case DropReason::LinkLocal:
      return "link_local";
    case DropReason::Multicast:
      return "multicast";
    case DropReason::UnsupportedIcmp:
      return "unsupported_icmp";
    case DropReason::ForeignQuote:
      return "foreign_quote";
    case DropReason::NoFlow:
      return "no_flow";
    case DropReason::Forbidden:
      return "forbidden";
    case DropReason::RateLimited:
      return "rate_limited";
    case DropReason::BadSuperPacket:
      return "bad_super_packet";
  }
  return "invalid";
}

DropReason drop_reason_for(PacketError error) noexcept {
  switch (error) {
    case PacketError::Truncated:
    case PacketError::BadVersion:
    case PacketError::BadHeaderLength:
    case PacketError::BadOption:
    case PacketError::BadTransport:
      return DropReason::Malformed;
    case PacketError::BadChecksum:
      return DropReason::BadChecksum;
    case PacketError::SourceRoute:
    case PacketError::RoutingHeaderType0:
      return DropReason::SourceRouted;
    case PacketError::BadExtensionHeader:
    case PacketError::TooManyExtensionHeaders:
      return DropReason::ExtensionHeaders;
    case PacketError::BadFragment:
      return DropReason::BadFragment;
    case PacketError::TinyFragment:
    case PacketError::FragmentOffsetOne:
      return DropReason::TinyFragment;
  }
  return DropReason::Malformed;
}

}  // namespace sallyport
