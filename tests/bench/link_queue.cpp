#include "tests/bench/link_queue.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {

bool LinkQueue::chance(double share) {
  // Drawn always, so that one setting does not change what another one meets.
  return std::uniform_real_distribution<double>{0, 1}(random_) < share;
}

/// When the packet has left the line; nothing when too many wait in front of it.
std::optional<LinkQueue::Time> LinkQueue::put_on_line(std::size_t octets, Time now) {
  if (settings_.rate <= 0) return now;
  while (!waiting_.empty() && waiting_.front() <= now) waiting_.pop_front();
  if (waiting_.size() >= settings_.queue) return {};
  const std::chrono::duration<double> takes{static_cast<double>(octets) * 8 / settings_.rate};
  line_free_ = std::max(line_free_, now) + std::chrono::round<std::chrono::nanoseconds>(takes);
  waiting_.push_back(line_free_);
  return line_free_;
}

LinkQueue::Time LinkQueue::arrival(Time left) {
  const double aside = std::uniform_real_distribution<double>{-1, 1}(random_);
  const auto jitter =
      std::chrono::nanoseconds{static_cast<std::int64_t>(aside * static_cast<double>(settings_.jitter.count()))};
  Time due = std::max(left, left + settings_.delay + jitter);
  if (chance(settings_.reorder)) {
    ++statistics_.reordered;
    return due + settings_.reorder_by;
  }
  latest_arrival_ = std::max(latest_arrival_, due);
  return latest_arrival_;
}

LinkVerdict LinkQueue::offer(Packet packet, Time now) {
  ++statistics_.offered;
  if (packet.size() > settings_.mtu) {
    ++statistics_.too_big;
    return LinkVerdict::too_big;
  }
  const auto left = put_on_line(packet.size(), now);
  if (!left) {
    ++statistics_.tail_dropped;
    return LinkVerdict::tail_dropped;
  }
  const Time due = arrival(*left);
  if (chance(settings_.loss)) {
    ++statistics_.lost;
    return LinkVerdict::lost;
  }
  on_the_way_.push({due, next_number_++, std::move(packet)});
  return LinkVerdict::accepted;
}

std::optional<LinkQueue::Time> LinkQueue::due() const {
  if (on_the_way_.empty()) return {};
  return on_the_way_.top().due;
}

std::optional<LinkQueue::Packet> LinkQueue::take(Time now) {
  if (on_the_way_.empty() || on_the_way_.top().due > now) return {};
  Packet packet = on_the_way_.top().packet;
  on_the_way_.pop();
  ++statistics_.delivered;
  statistics_.octets += packet.size();
  return packet;
}

namespace {

constexpr std::size_t kHeader = 20;
constexpr std::size_t kIcmpHeader = 8;

std::uint16_t checksum(const LinkQueue::Packet& packet, std::size_t from, std::size_t to) {
  std::uint32_t sum = 0;
  for (std::size_t i = from; i < to; i += 2) {
    sum += std::to_integer<std::uint32_t>(packet[i]) << 8U;
    if (i + 1 < to) sum += std::to_integer<std::uint32_t>(packet[i + 1]);
  }
  while ((sum >> 16U) != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum & 0xffffU);
}

void put16(LinkQueue::Packet& packet, std::size_t at, std::uint16_t value) {
  packet[at] = static_cast<std::byte>(value >> 8U);
  packet[at + 1] = static_cast<std::byte>(value & 0xffU);
}

}  // namespace

std::optional<LinkQueue::Packet> fragmentation_needed(const LinkQueue::Packet& packet, std::uint32_t router,
                                                      std::uint16_t mtu) {
  if (packet.size() < kHeader || std::to_integer<unsigned>(packet[0]) >> 4U != 4) return {};
  if ((packet[6] & std::byte{0x40}) == std::byte{0}) return {};
  const std::size_t quoted = std::min(packet.size(), (std::to_integer<std::size_t>(packet[0]) & 15U) * 4 + 8);
  LinkQueue::Packet answer(kHeader + kIcmpHeader + quoted);
  answer[0] = std::byte{0x45};
  put16(answer, 2, static_cast<std::uint16_t>(answer.size()));
  answer[8] = std::byte{64};
  answer[9] = std::byte{1};
  put16(answer, 12, static_cast<std::uint16_t>(router >> 16U));
  put16(answer, 14, static_cast<std::uint16_t>(router & 0xffffU));
  std::copy_n(packet.begin() + 12, 4, answer.begin() + 16);  // back to the sender
  put16(answer, 10, checksum(answer, 0, kHeader));
  answer[kHeader] = std::byte{3};
  answer[kHeader + 1] = std::byte{4};
  put16(answer, kHeader + 6, mtu);
  std::copy_n(packet.begin(), quoted, answer.begin() + kHeader + kIcmpHeader);
  put16(answer, kHeader + 2, checksum(answer, kHeader, answer.size()));
  return answer;
}

}  // namespace sallyport
