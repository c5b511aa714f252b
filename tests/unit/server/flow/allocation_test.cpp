#include "server/flow/packet_filter.hpp"
#include "tests/unit/server/flow/filter_fixture.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> allocations{0};

void* counted(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  std::abort();
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace sallyport {
namespace {

using namespace test;

/// What `work` allocates on the heap.
template <class Work>
std::size_t allocated_by(const Work& work) {
  const std::size_t before = allocations;
  work();
  return allocations - before;
}

using FilterAllocation = FilterTest;

TEST_F(FilterAllocation, TheCounterCounts) {
  EXPECT_EQ(allocated_by([] { (void)std::vector<int>(10); }), 1U);
}

TEST_F(FilterAllocation, APacketOfAKnownFlowAllocatesNothing) {
  const auto out = to_web(kAck);
  const auto in = from_web(kAck);
  const auto out6 = packet(kLaptop6, kWeb6, udp(5000, 53));
  const auto in6 = packet(kWeb6, kLaptop6, udp(53, 5000));
  (void)from_client(out);
  (void)from_client(out6);
  EXPECT_EQ(allocated_by([&] {
              for (int i = 0; i < 1000; ++i) {
                (void)from_client(out);
                (void)from_office(in);
                (void)from_client(out6);
                (void)from_office(in6);
              }
            }),
            0U);
  EXPECT_EQ(filter.stats().passed_from_office, 2000U);
}

TEST_F(FilterAllocation, AFlowJudgedAgainAllocatesNothing) {
  const auto in = from_web(kAck);
  const auto rights = rights_of(kUsualPolicy);
  (void)from_client(to_web());
  EXPECT_EQ(allocated_by([&] {
              for (int i = 0; i < 100; ++i) {
                filter.replace_rights(rights);
                (void)from_office(in);
              }
            }),
            0U);
  EXPECT_EQ(filter.stats().passed_from_office, 100U);
}

TEST_F(FilterAllocation, DropsRefusalsAndIcmpErrorsAllocateNothing) {
  const auto segment = to_web();
  const auto error = packet("10.20.0.1", kLaptop, icmp_error(1, 3, 4, segment));
  const auto forbidden = packet(kLaptop, kSecret, udp(1, 2));
  const auto foreign = packet("10.99.0.3", kWeb, udp(1, 2));
  (void)from_client(segment);
  EXPECT_EQ(allocated_by([&] {
              for (int i = 0; i < 100; ++i) {
                (void)from_office(error);
                (void)from_client(forbidden);
                (void)from_client(foreign);
                (void)from_office(forbidden);
              }
            }),
            0U);
}

TEST_F(FilterAllocation, FragmentsAllocateOnceASession) {
  const auto whole = packet(kLaptop, kWeb, udp(5000, 53, 192));
  std::vector<ByteBuffer> fragments;
  for (std::uint32_t id = 0; id < 200; ++id) fragments.push_back(fragment(whole, id, 0, 80, true));
  (void)from_client(fragments[0]);
  EXPECT_EQ(allocated_by([&] {
              for (const auto& each : fragments) (void)from_client(each);
            }),
            0U);
}

TEST_F(FilterAllocation, AFullTableTakesNewFlowsWithoutAllocating) {
  filter = PacketFilter{inside, rights_of(kUsualPolicy), FlowLimits{.max_flows = 64}};
  std::vector<ByteBuffer> packets;
  for (std::uint16_t port = 1; port <= 1000; ++port) packets.push_back(packet(kLaptop, kLab, udp(port, 9)));
  for (const auto& each : packets) (void)from_client(each);
  EXPECT_EQ(allocated_by([&] {
              for (const auto& each : packets) (void)from_client(each);
            }),
            0U);
  EXPECT_EQ(filter.stats().passed_from_client, 2000U);
}

}  // namespace
}  // namespace sallyport
