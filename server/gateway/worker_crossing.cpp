#include "common/ip/header_fields.hpp"
#include "server/gateway/worker.hpp"

// Packets that the kernel gave to another worker's queue than that of their session.

namespace sallyport {

void Worker::hand_over(const SuperPacket& packet, const IpAddress& destination) {
  switch (port_.give(packet, destination)) {
    case ExchangePort::Given::Yes:
      ++counts_.handed_over;
      return;
    case ExchangePort::Given::Full:
      return counts_.drop(InsideDrop::HandoverFull);
    case ExchangePort::Given::Nobody:
      return counts_.drop(InsideDrop::NoOwner);
  }
}

/// What others read for sessions of this worker. It goes no further: nobody passes it round.
void Worker::on_crossing() {
  const Now now = thread_.loop().now();
  const bool has_more = port_.take([this, now](const SuperPacket& packet) {
    ++counts_.taken;
    const auto destination = destination_field(packet.bytes);
    Connection* const owner = destination ? addresses_.owner(*destination) : nullptr;
    if (owner == nullptr) return counts_.drop(InsideDrop::NoOwner);
    give_to(*owner, packet, now);
  });
  flush_dirty();
  if (has_more) crossing_.send();
}

void Worker::run(command::Beat& /*beat*/) { beats_.fetch_add(1); }

}  // namespace sallyport
