#include "tun/lanes.hpp"

#include <cerrno>
#include <utility>

namespace sallyport {

Result<TunLanes, SystemError> TunLanes::open(const std::string& name, TunOptions options) {
  options.multi_queue = true;
  auto bulk = TunDevice::open(name, options);
  // With one worker the gateway can serve it all the same.
  if (!bulk && bulk.error().code == EINVAL) {
    options.multi_queue = false;
    auto only = TunDevice::open(name, options);
    if (only) return TunLanes{std::move(*only)};
  }
  if (!bulk) return fail(bulk.error());
  return beside(std::move(*bulk), options);
}

Result<TunLanes, SystemError> TunLanes::beside(TunDevice bulk, TunOptions options) {
  options.multi_queue = true;
  ++options.queues_before;
  auto express = TunDevice::open(bulk.name(), options);
  if (!express) return fail(express.error());
  TunLanes lanes{std::move(bulk)};
  lanes.express_ = std::make_unique<Lane>(std::move(*express));
  lanes.flows_ = std::make_unique<BulkFlows>(random_flow_key());
  return lanes;
}

Result<SuperPacket, SystemError> TunLanes::read(MutableBytes scratch, TimePoint now) noexcept {
  if (!express_) return bulk_->device.read(scratch);
  auto packet = next(scratch);
  if (packet) flows_->note(*packet, now);
  return packet;
}

Result<SuperPacket, SystemError> TunLanes::next(MutableBytes scratch) noexcept {
  if (bulk_run_ >= kBulkRun) {
    if (express_run_++ < kExpressRun && express_octets_ < kExpressOctets) {
      auto packet = express_->device.read(scratch);
      if (!packet) return packet;
      express_octets_ += packet->bytes.size();
      if (!packet->bytes.empty()) return packet;
    }
    express_run_ = 0;
    express_octets_ = 0;
    bulk_run_ = 0;
  }
  auto packet = bulk_->device.read(scratch);
  if (!packet) return packet;
  bulk_run_ += packet->bytes.size();
  if (!packet->bytes.empty()) return packet;
  bulk_run_ = kBulkRun;
  return express_->device.read(scratch);
}

void TunLanes::write(const SuperPacket& packet, MutableBytes lender, TimePoint now) noexcept {
  Lane& lane = express_ && !flows_->is_answer(packet.bytes, now) ? *express_ : *bulk_;
  lane.writer.write(lane.device, packet, lender);
}

void TunLanes::flush() noexcept {
  bulk_->writer.flush(bulk_->device);
  if (express_) express_->writer.flush(express_->device);
}

std::uint64_t TunLanes::take_lost() noexcept {
  return bulk_->writer.take_lost() + (express_ ? express_->writer.take_lost() : 0);
}

std::vector<int> TunLanes::descriptors() const {
  std::vector<int> all{bulk_->device.fd()};
  if (express_) all.push_back(express_->device.fd());
  return all;
}

}  // namespace sallyport
