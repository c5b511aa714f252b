#pragma once

#include "common/base/bytes.hpp"
#include "common/ip/super_packet.hpp"
#include "server/flow/drop_reason.hpp"
#include "server/flow/flow.hpp"
#include "server/policy/decision.hpp"
#include "server/policy/destination.hpp"

#include <cstdint>

namespace sallyport {

enum class Action : std::uint8_t {
  Pass,
  Refuse,  ///< drop, and answer the sender with refusal_packet.hpp
  Drop,
};

/// What a packet meant for its flow.
enum class FlowTurn : std::uint8_t {
  None,
  Opened,  ///< the flow begins with this packet
  Ended,   ///< the flow was judged again on this packet, and is over
};

/// What becomes of one packet, or of all segments of a super-packet.
struct Judgement {
  Action action = Action::Drop;
  DropReason reason = DropReason::Malformed;
  Decision decision;        ///< of the flow the packet belongs to; the default one where policy was not asked. Of a
                            ///< later fragment only until when its datagram may pass
  Destination destination;  ///< far end of the flow; meaningful with Pass, Forbidden and RateLimited
  Bytes packet;             ///< with Pass: what may be forwarded, borrowed from the input, trimmed to its total length
  FlowTurn turn = FlowTurn::None;
  const Flow* flow = nullptr;  ///< with a turn: as it is now, or was last; borrowed until the next packet
  PacketTally tally{};         ///< what the packet counts for
};

}  // namespace sallyport
