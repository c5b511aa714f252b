#include "common/ip/packet_error.hpp"

namespace sallyport {

std::string_view describe(PacketError error) noexcept {
  switch (error) {
    case PacketError::Truncated:
      return "the packet is shorter than its headers say";
    case PacketError::BadVersion:
      return "the packet is neither IPv4 nor IPv6";
    case PacketError::BadHeaderLength:
      return "the IPv4 header length or total length is impossible";
    case PacketError::BadChecksum:
      return "the IPv4 header checksum is wrong";
    case PacketError::BadOption:
      return "an option of the packet is malformed or not permitted";
    case PacketError::SourceRoute:
      return "the packet asks to be routed to, or counted as from, another address";
    case PacketError::RoutingHeaderType0:
      return "the packet has an IPv6 routing header of type 0";
    case PacketError::BadExtensionHeader:
      return "an IPv6 extension header stands where it must not";
    case PacketError::TooManyExtensionHeaders:
      return "the packet has too many IPv6 extension headers";
    case PacketError::BadFragment:
      return "the fragment is empty, of odd length or past the end of any datagram";
    case PacketError::TinyFragment:
      return "the first fragment does not hold all headers";
    case PacketError::FragmentOffsetOne:
      return "the fragment could overwrite a TCP header";
    case PacketError::BadTransport:
      return "the TCP, UDP or ICMP header is short or impossible";
  }
  return "invalid PacketError";
}

}  // namespace sallyport
