#include "common/queue/buffer_pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace sallyport {
namespace {

TEST(BufferPool, GivesRoomOfTheSizeThatWasAskedFor) {
  BufferPool pool;
  for (const std::size_t size : {1U, 128U, 129U, 512U, 513U, 2048U, 2049U, 4096U, 4097U, 65535U, 65536U}) {
    PacketBuffer* const buffer = pool.take(size);
    ASSERT_EQ(buffer->bytes().size(), size);
    std::fill(buffer->bytes().begin(), buffer->bytes().end(), std::byte{0xff});
    EXPECT_GE(buffer->footprint(), size + sizeof(PacketBuffer));
    EXPECT_EQ(buffer->footprint(), BufferPool::footprint_of(size));
    pool.give_back(buffer);
  }
}

TEST(BufferPool, WastesAtMostOneStepOnALongPacket) {
  for (std::size_t size = 4096; size <= BufferPool::kLargest; ++size) {
    ASSERT_LT(BufferPool::footprint_of(size) - sizeof(PacketBuffer) - size, 4096U) << size;
  }
}

TEST(BufferPool, UsesWhatCameBackAgainAndAsANewOne) {
  BufferPool pool;
  PacketBuffer* const first = pool.take(1000);
  first->let_in.tag = 7;
  first->segmentation.size = 1448;
  pool.give_back(first);
  PacketBuffer* const second = pool.take(1200);
  EXPECT_EQ(second, first);
  EXPECT_EQ(second->let_in.tag, 0U);
  EXPECT_EQ(second->segmentation, Segmentation{});
  EXPECT_EQ(second->next, nullptr);
  EXPECT_EQ(pool.kept(), 0U);
  pool.give_back(second);
}

TEST(BufferPool, KeepsABoundedAmount) {
  BufferPool pool;
  std::vector<PacketBuffer*> taken;
  for (int i = 0; i < 64; ++i) taken.push_back(pool.take(60000));
  for (PacketBuffer* buffer : taken) pool.give_back(buffer);
  EXPECT_LE(pool.kept(), BufferPool::kMostKept);
  EXPECT_GT(pool.kept(), BufferPool::kMostKept / 2);
  pool.release_memory();
  EXPECT_EQ(pool.kept(), 0U);
}

}  // namespace
}  // namespace sallyport
