#include "common/wire/datagram.hpp"
#include "tests/unit/client/daemon/fake_gateway.hpp"
#include "tests/unit/server/policy/allocation_counter.hpp"

namespace sallyport {
namespace {

constexpr int kTurns = 50;
constexpr int kPacketsPerTurn = 32;

/// Counts what `work` allocates.
template <class Work>
std::size_t allocations_of(const Work& work) {
  const auto before = allocation_count();
  work();
  return allocation_count() - before;
}

class PacketPath : public test::GatewayConnectionTest {};

TEST_F(PacketPath, FromTheInsideAllocatesNothingOnceItRuns) {
  come_online();
  const auto packet = test::packet_to_office(1400);
  const auto turn = [&] {
    for (int i = 0; i < kPacketsPerTurn; ++i) connection_->send_packet(packet, home_, now_.steady);
    connection_->flush(now_.steady);
  };
  std::size_t allocations = 0;
  for (int i = 0; i < kTurns; ++i) {
    const auto spent = allocations_of(turn);
    if (i > 0) allocations += spent;
    ASSERT_FALSE(connection_->wants_write()) << "the socket must take a whole turn, or this measures waiting";
    gateway_.run();
  }
  EXPECT_EQ(allocations, 0U);
}

TEST_F(PacketPath, ToTheInsideAllocatesNothingOnceItRuns) {
  come_online();
  ByteBuffer batch;
  for (int i = 0; i < kPacketsPerTurn; ++i) append_datagram(batch, test::packet_to_laptop(1400));
  std::size_t packets = 0;
  const GatewayConnection::PacketSink sink = [&packets](const SuperPacket&) { ++packets; };
  std::size_t allocations = 0;
  for (int i = 0; i < kTurns; ++i) {
    gateway_.say(batch);
    const auto spent = allocations_of([&] { connection_->receive(scratch_, plaintext_, now_, sink); });
    if (i > 0) allocations += spent;
  }
  EXPECT_EQ(packets, static_cast<std::size_t>(kTurns * kPacketsPerTurn));
  EXPECT_EQ(allocations, 0U);
}

}  // namespace
}  // namespace sallyport
