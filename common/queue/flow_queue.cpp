#include "common/queue/flow_queue.hpp"

#include "common/ip/super_pieces.hpp"
#include "common/queue/congestion_mark.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

/// An IPv4 header.
constexpr std::size_t kLeastPacket = 20;

}  // namespace

void FlowQueue::push(const SuperPacket& packet, const Terms& terms, TimePoint now) {
  const auto view = PacketView::parse(packet.bytes);
  if (packet.bytes.size() < kLeastPacket || packet.bytes.size() > BufferPool::kLargest) {
    ++counters_.dropped_limit;
    return;
  }
  // Whether to send what nobody can parse is not for a queue to say.
  const std::uint8_t index = flow_of(view ? flow_hash(*view, home_.key) : 0);
  if (view && !packet.is_plain() && packet.bytes.size() > terms.largest_piece) {
    if (const auto pieces = SuperPieces::of(packet, *view, terms.largest_piece)) {
      SuperPieces::HeaderRoom room{};
      for (std::size_t i = 0; i < pieces->count(); ++i) {
        const auto piece = pieces->piece(i, room);
        put(index, piece.header, piece.payload, piece.segmentation, terms, now);
      }
      return;
    }
  }
  put(index, {}, packet.bytes, packet.segmentation, terms, now);
}

/// The flow of that name if it has a place; else one without packets, and where all are in use one of those.
std::uint8_t FlowQueue::flow_of(std::uint64_t hash) noexcept {
  const auto name = static_cast<std::uint32_t>(hash >> 32U);
  const std::size_t first = hash % kSets * kWays;
  std::size_t chosen = first + hash / kSets % kWays;
  bool is_free = false;
  for (std::size_t i = first; i < first + kWays; ++i) {
    if (flows_[i].name == name) return static_cast<std::uint8_t>(i);
    if (is_free || flows_[i].place != Place::Nowhere) continue;
    chosen = i;
    is_free = true;
  }
  if (is_free) {
    flows_[chosen] = Flow{};
    flows_[chosen].name = name;
  }
  return static_cast<std::uint8_t>(chosen);
}

void FlowQueue::put(std::uint8_t index, Bytes head, Bytes body, const Segmentation& segmentation, const Terms& terms,
                    TimePoint now) {
  const std::size_t size = head.size() + body.size();
  if (!make_room(BufferPool::footprint_of(size), terms.room)) {
    ++counters_.dropped_limit;
    return;
  }
  PacketBuffer* const buffer = home_.pool.take(size);
  std::copy(head.begin(), head.end(), buffer->data());
  std::copy(body.begin(), body.end(), buffer->data() + head.size());
  buffer->segmentation = segmentation;
  buffer->let_in = terms.let_in;
  buffer->since = clock(now);
  Flow& flow = flows_[index];
  (flow.first == nullptr ? flow.first : flow.last->next) = buffer;
  flow.last = buffer;
  flow.footprint += buffer->footprint();
  flow.octets += size;
  octets_ += buffer->footprint();
  ++packets_;
  ++counters_.queued;
  if (flow.place != Place::Nowhere) return;
  flow.deficit = kQuantum;
  append_to(new_, Place::New, index);
}

/// False: not even an empty queue has it.
bool FlowQueue::make_room(std::size_t needed, std::size_t room) noexcept {
  if (needed > room) return false;
  while (octets_ + needed > room || packets_ >= kMostPackets) {
    Flow& flow = flows_[fattest_ = fattest()];
    if (flow.first == nullptr) return false;  // only what pop() gave out is left
    home_.pool.give_back(take_first(flow));
    ++counters_.dropped_limit;
  }
  return true;
}

/// Of equal ones that which comes next behind the last: greedy flows of equal packets tie again and again.
std::uint8_t FlowQueue::fattest() const noexcept {
  std::size_t found = fattest_;
  std::size_t most = 0;
  for (std::size_t i = 1; i <= flows_.size(); ++i) {
    const std::size_t index = (fattest_ + i) % flows_.size();
    if (flows_[index].footprint <= most) continue;
    most = flows_[index].footprint;
    found = index;
  }
  return static_cast<std::uint8_t>(found);
}

PacketBuffer* FlowQueue::take_first(Flow& flow) noexcept {
  PacketBuffer* const buffer = flow.first;
  if (buffer == nullptr) return nullptr;
  flow.first = buffer->next;
  if (flow.first == nullptr) flow.last = nullptr;
  buffer->next = nullptr;
  flow.footprint -= buffer->footprint();
  flow.octets -= buffer->size;
  octets_ -= buffer->footprint();
  --packets_;
  return buffer;
}

PacketBuffer* FlowQueue::dequeue(Flow& flow, const CodelSettings& settings, TimePoint now) {
  return flow.codel.dequeue(
      settings, now, [&] { return take_first(flow); }, [&] { return flow.octets; },
      [&](PacketBuffer* packet) {
        const bool is_marked = mark_congestion(packet->bytes());
        counters_.marked += is_marked ? 1 : 0;
        return is_marked;
      },
      [&](PacketBuffer* packet) {
        home_.pool.give_back(packet);
        ++counters_.dropped_codel;
      });
}

std::optional<FlowQueue::Held> FlowQueue::pop(const CodelSettings& settings, TimePoint now) {
  let_go();
  start_clock(now);
  while (new_.first != kNone || old_.first != kNone) {
    List& list = new_.first != kNone ? new_ : old_;
    const std::uint8_t index = list.first;
    Flow& flow = flows_[index];
    if (flow.deficit <= 0) {
      flow.deficit += kQuantum;
      remove_first(list);
      append_to(old_, Place::Old, index);
      continue;
    }
    held_ = dequeue(flow, settings, clock(now));
    if (held_ != nullptr) {
      flow.deficit -= held_->size;
      return Held{SuperPacket{held_->bytes(), held_->segmentation}, held_->let_in};
    }
    // A new flow without packets stands back once, lest it come first again with every packet (RFC 8290 section 4.2).
    const bool stays = &list == &new_ && old_.first != kNone;
    remove_first(list);
    if (stays)
      append_to(old_, Place::Old, index);
    else
      flow.place = Place::Nowhere;
  }
  return std::nullopt;
}

void FlowQueue::clear() noexcept {
  let_go();
  for (Flow& flow : flows_) {
    while (PacketBuffer* buffer = take_first(flow)) home_.pool.give_back(buffer);
    flow = Flow{};
  }
  new_ = {};
  old_ = {};
}

void FlowQueue::start_clock(TimePoint now) noexcept {
  if (stopped_) stood_ += now - *stopped_;
  stopped_.reset();
}

void FlowQueue::append_to(List& list, Place place, std::uint8_t index) noexcept {
  flows_[index].place = place;
  flows_[index].next = kNone;
  (list.first == kNone ? list.first : flows_[list.last].next) = index;
  list.last = index;
}

void FlowQueue::remove_first(List& list) noexcept {
  list.first = flows_[list.first].next;
  if (list.first == kNone) list.last = kNone;
}

void FlowQueue::let_go() noexcept {
  if (held_ != nullptr) home_.pool.give_back(std::exchange(held_, nullptr));
}

}  // namespace sallyport
