#include "common/queue/buffer_pool.hpp"

#include <new>
#include <utility>

namespace sallyport {
namespace {

/// Most packets are acknowledgements, or fill an MTU, or are super-packets of some length.
constexpr std::array<std::size_t, 3> kSmall{128, 512, 2048};
constexpr std::size_t kStep = 4096;

constexpr std::uint32_t rank_of(std::size_t size) noexcept {
  for (std::size_t i = 0; i < kSmall.size(); ++i) {
    if (size <= kSmall[i]) return static_cast<std::uint32_t>(i);
  }
  return static_cast<std::uint32_t>(kSmall.size() + (size - 1) / kStep);
}

constexpr std::size_t capacity_of(std::uint32_t rank) noexcept {
  return rank < kSmall.size() ? kSmall[rank] : (rank - kSmall.size() + 1) * kStep;
}

static_assert(rank_of(BufferPool::kLargest) == kSmall.size() + 15);
static_assert(capacity_of(rank_of(BufferPool::kLargest)) == BufferPool::kLargest);

}  // namespace

std::size_t PacketBuffer::footprint() const noexcept { return sizeof(PacketBuffer) + capacity_of(rank); }

std::size_t BufferPool::footprint_of(std::size_t size) noexcept {
  return sizeof(PacketBuffer) + capacity_of(rank_of(size));
}

PacketBuffer* BufferPool::take(std::size_t size) {
  const std::uint32_t rank = rank_of(size);
  is_used_ = true;
  PacketBuffer* buffer = kept_[rank];
  if (buffer != nullptr) {
    kept_[rank] = buffer->next;
    kept_octets_ -= buffer->footprint();
    *buffer = PacketBuffer{};
  } else {
    buffer = new (::operator new(footprint_of(size))) PacketBuffer{};
  }
  buffer->rank = rank;
  buffer->size = static_cast<std::uint32_t>(size);
  return buffer;
}

void BufferPool::give_back(PacketBuffer* buffer) noexcept {
  if (kept_octets_ + buffer->footprint() > kMostKept) return ::operator delete(buffer);
  kept_octets_ += buffer->footprint();
  buffer->next = std::exchange(kept_[buffer->rank], buffer);
}

void BufferPool::release_memory() noexcept {
  for (PacketBuffer*& first : kept_) {
    while (first != nullptr) ::operator delete(std::exchange(first, first->next));
  }
  kept_octets_ = 0;
}

}  // namespace sallyport
