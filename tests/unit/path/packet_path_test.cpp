// Counts what the packet path asks of the allocator and of locks, in the whole process: malloc and
// pthread_mutex_lock are replaced for this program.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <cstdlib>
#include <random>

#include "client/session/session.hpp"
#include "common/queue/flow_queue.hpp"
#include "server/session/session.hpp"
#include "tests/support/conversation.hpp"
#include "tests/support/super_packets.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SALLYPORT_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SALLYPORT_SANITIZED 1
#endif
#endif

namespace {
std::atomic<std::size_t> allocations{0};
std::atomic<std::size_t> locks{0};
}  // namespace

#ifndef SALLYPORT_SANITIZED
extern "C" {
void* __libc_malloc(std::size_t size);
void* malloc(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
int pthread_mutex_lock(pthread_mutex_t* mutex) {
  using Lock = int (*)(pthread_mutex_t*);
  static const auto real = reinterpret_cast<Lock>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
  locks.fetch_add(1, std::memory_order_relaxed);
  return real(mutex);
}
}
#endif

namespace sallyport {
namespace {

using namespace test;

constexpr int kBatches = 50;
constexpr int kPacketsPerBatch = 100;
constexpr std::size_t kRecord = 16384;

/// One client and one gateway that are online, driven the way their daemons drive them.
class PacketPath : public testing::Test {
 protected:
  PacketPath() {
    talk_.run();
    talk_.laptop_sends(request_);
    talk_.office_sends(reply_);
    plain_.reserve(1U << 20U);
    wire_.reserve(1U << 20U);
    opened_.resize(kRecord);
  }

  /// A batch from the laptop's TUN queue to the gateway's; the number that arrived.
  std::size_t up() { return up(request_, kPacketsPerBatch); }
  std::size_t up(const SuperPacket& packet, int count) {
    for (int i = 0; i < count; ++i) (void)talk_.client().send_packet(packet, plain_);
    seal(talk_.client_engine());
    std::size_t arrived = 0;
    Engine& engine = talk_.gateway_engine();
    engine.feed(wire_);
    while (const auto size = engine.read(opened_).value_or(0)) {
      talk_.gateway().receive(Bytes{opened_}.first(size));
      while (talk_.gateway().next_packet(talk_.now(), plain_)) ++arrived;
    }
    return arrived;
  }

  /// A batch from the office to the laptop.
  std::size_t down() { return down(reply_, kPacketsPerBatch); }
  std::size_t down(const SuperPacket& packet, int count) {
    for (int i = 0; i < count; ++i) talk_.gateway().send_packet(packet, talk_.now(), plain_);
    seal(talk_.gateway_engine());
    std::size_t arrived = 0;
    Engine& engine = talk_.client_engine();
    engine.feed(wire_);
    while (const auto size = engine.read(opened_).value_or(0)) {
      talk_.client().receive(Bytes{opened_}.first(size));
      while (talk_.client().next_packet(plain_).value()) ++arrived;
    }
    return arrived;
  }

  Conversation talk_{R"(
version = 1
[resources]
web = { net = "10.20.4.10", ports = "443/tcp" }
[allow.web]
who = "everyone"
to  = "web"
)"};

 private:
  void seal(Engine& engine) {
    (void)engine.write(plain_);
    plain_.clear();
    wire_.assign(engine.outbox().begin(), engine.outbox().end());
    engine.outbox().clear();
  }

  const ByteBuffer request_ = packet("10.99.0.2", "10.20.4.10", tcp(40000, 443, kAck, 1200));
  const ByteBuffer reply_ = packet("10.20.4.10", "10.99.0.2", tcp(443, 40000, kAck, 1200));
  ByteBuffer plain_;
  ByteBuffer wire_;
  ByteBuffer opened_;
};

TEST_F(PacketPath, AsksTheAllocatorOncePerRecordAtMostAndNeverPerPacket) {
#ifdef SALLYPORT_SANITIZED
  GTEST_SKIP() << "the sanitizer's allocator is not counted";
#endif
  for (int i = 0; i < 5; ++i) (void)(up() + down());
  const std::size_t before = allocations;
  std::size_t packets = 0;
  for (int i = 0; i < kBatches; ++i) packets += up() + down();
  ASSERT_EQ(packets, std::size_t{2} * kBatches * kPacketsPerBatch);
  // wolfSSL itself takes one buffer to seal a record and one to open it; a record of 16 KiB holds 13 such packets.
  constexpr std::size_t kRecordsPerBatch = kPacketsPerBatch * 1250 / kRecord + 1;
  constexpr std::size_t kLibrary = std::size_t{2} * 2 * kBatches * kRecordsPerBatch;
  EXPECT_LE(allocations - before, kLibrary);
  RecordProperty("allocations_per_packet",
                 std::to_string(static_cast<double>(allocations - before) / static_cast<double>(packets)));
}

TEST_F(PacketPath, AsksTheAllocatorOncePerRecordOfSuperPackets) {
#ifdef SALLYPORT_SANITIZED
  GTEST_SKIP() << "the sanitizer's allocator is not counted";
#endif
  std::mt19937 random{4711};
  const auto request = super_tcp("10.99.0.2", "10.20.4.10", 40000, 443, 65000, 1448, random);
  const auto reply = super_tcp("10.20.4.10", "10.99.0.2", 443, 40000, 65000, 1448, random);
  constexpr int kSuperPackets = 4;
  const auto both = [&] { return up(request.view(), kSuperPackets) + down(reply.view(), kSuperPackets); };
  for (int i = 0; i < 5; ++i) (void)both();
  const std::size_t before = allocations;
  std::size_t packets = 0;
  for (int i = 0; i < kBatches; ++i) packets += both();
  ASSERT_EQ(packets, std::size_t{2} * kBatches * kSuperPackets);
  constexpr std::size_t kRecordsPerBatch = kSuperPackets * 65100 / kRecord + 1;
  EXPECT_LE(allocations - before, std::size_t{2} * 2 * kBatches * kRecordsPerBatch);
}

/// The way of packets that must wait: what is full drops, marks, cuts and hands out.
TEST(QueuedPath, AsksTheAllocatorAndLocksForNothingOnceItRuns) {
#ifdef SALLYPORT_SANITIZED
  GTEST_SKIP() << "the sanitizer's allocator is not counted";
#endif
  std::mt19937 random{4711};
  const auto super = super_tcp("10.99.0.2", "10.20.4.10", 40000, 443, 65000, 1448, random);
  const auto plain = packet("10.99.0.2", "10.20.4.10", udp(5000, 53, 1400));
  const auto small = packet("10.99.0.2", "10.20.4.10", udp(5001, 53, 40));
  QueueHome home{.pool = {}, .key = {1, 2}};
  FlowQueue queue{home};
  TimePoint now{std::chrono::hours{1}};
  std::size_t popped = 0;
  const auto turn = [&] {
    now += std::chrono::milliseconds{10};
    queue.push(super.view(), {.room = 252U << 10U}, now);
    queue.push(super.view(), {.room = 252U << 10U, .largest_piece = 6000}, now);
    for (int i = 0; i < 10; ++i) queue.push(i % 2 == 0 ? plain : small, {.room = 252U << 10U}, now);
    for (int i = 0; i < 8; ++i) popped += queue.pop({}, now) ? 1 : 0;
  };
  for (int i = 0; i < 500; ++i) turn();
  const std::size_t allocated = allocations;
  const std::size_t locked = locks;
  for (int i = 0; i < 2000; ++i) turn();
  EXPECT_EQ(allocations - allocated, 0U);
  EXPECT_EQ(locks - locked, 0U);
  EXPECT_GT(popped, 10'000U);
  EXPECT_GT(queue.counters().dropped_limit, 0U);
  EXPECT_GT(queue.counters().dropped_codel, 0U);
}

TEST_F(PacketPath, TakesNoLockAtAll) {
#ifdef SALLYPORT_SANITIZED
  GTEST_SKIP() << "the sanitizer's locks are not counted";
#endif
  (void)(up() + down());
  const std::size_t before = locks;
  std::size_t packets = 0;
  for (int i = 0; i < kBatches; ++i) packets += up() + down();
  ASSERT_EQ(packets, std::size_t{2} * kBatches * kPacketsPerBatch);
  EXPECT_EQ(locks - before, 0U);
}

TEST_F(PacketPath, CountsAllocationsAndLocksWhereTheyHappen) {
#ifdef SALLYPORT_SANITIZED
  GTEST_SKIP() << "the sanitizer's allocator is not counted";
#endif
  const std::size_t allocated = allocations;
  const std::size_t locked = locks;
  std::free(std::malloc(100));
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  EXPECT_GT(allocations, allocated);
  EXPECT_GT(locks, locked);
}

}  // namespace
}  // namespace sallyport
