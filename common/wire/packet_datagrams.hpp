#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/super_packet.hpp"

namespace sallyport {

/// Appends what carries `packet` to a peer: one DATAGRAM, or, of a super-packet that is none the peer takes, one for
/// each segment. False: nothing was appended, it cannot be cut. `packet` is trimmed to its total length; a plain one
/// has at most kMaxPacket octets.
bool append_packet(ByteBuffer& out, const SuperPacket& packet, bool peer_takes_super_packets);

}  // namespace sallyport
