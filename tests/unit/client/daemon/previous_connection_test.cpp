#include "client/daemon/previous_connection.hpp"

#include "common/wire/datagram.hpp"
#include "tests/support/run_for.hpp"
#include "tests/unit/client/daemon/fake_gateway.hpp"

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using test::FakeGateway;
using test::packet_to_laptop;

/// A gateway, and the laptop's connection to it.
struct Link {
  Link(const TestPki& pki, const ServerContext& context, Now now) : Link{pki, context, now, test::socket_pair()} {}
  Link(const TestPki& pki, const ServerContext& context, Now now, std::array<FileDescriptor, 2> sockets)
      : gateway{std::move(sockets[0]), context},
        laptop{std::make_unique<GatewayConnection>(
            std::move(sockets[1]), std::move(*Engine::connect(pki.client(pki.device()), name, wall_now())), name,
            now)} {}

  std::string name = "vpn.example.com";
  FakeGateway gateway;
  std::unique_ptr<GatewayConnection> laptop;
};

class PreviousConnectionTest : public testing::Test {
 protected:
  void receive(GatewayConnection& connection) {
    connection.receive(scratch_, plaintext_, loop_.now(), [this](const SuperPacket& packet) {
      packets_.emplace_back(packet.bytes.begin(), packet.bytes.end());
    });
  }
  Link online() {
    Link link{pki_, server_context_, loop_.now()};
    for (int turn = 0; turn < 12; ++turn) {
      link.laptop->flush(loop_.now().steady);
      link.gateway.run();
      receive(*link.laptop);
      while (link.laptop->poll_event()) {
      }
      if (turn != 5) continue;
      ByteBuffer out;
      append_upgrade_accepted(out, Extensions::all());
      append_address_assign(out, std::array{AssignedAddress{1, *IpPrefix::parse("10.99.0.14/32")}});
      link.gateway.say(out);
    }
    EXPECT_TRUE(link.laptop->is_online());
    return link;
  }
  void run_for(milliseconds time) { test::run_for(loop_, time); }

  Loop loop_;
  TestPki pki_;
  ServerContext server_context_ = pki_.server();
  ByteBuffer scratch_ = ByteBuffer(65536);
  ByteBuffer plaintext_ = ByteBuffer(32768);
  std::vector<ByteBuffer> packets_;
  int ended_ = 0;
  PreviousConnection previous_{loop_, [this](GatewayConnection& connection) { receive(connection); },
                               [this](const GatewayConnection&) { ++ended_; }};
};

TEST_F(PreviousConnectionTest, StillBringsWhatIsOnItsWayUntilTheGatewayEndsIt) {
  auto link = online();
  previous_.begin(std::move(link.laptop));
  ByteBuffer out;
  append_datagram(out, packet_to_laptop());
  link.gateway.say(out);
  run_for(milliseconds{50});
  EXPECT_EQ(packets_, std::vector<ByteBuffer>{packet_to_laptop()});
  EXPECT_NE(previous_.connection(), nullptr);
  EXPECT_EQ(ended_, 0);
  link.gateway.close();
  run_for(milliseconds{50});
  EXPECT_EQ(previous_.connection(), nullptr);
  EXPECT_EQ(ended_, 1);
}

TEST_F(PreviousConnectionTest, EndsByItselfInTheTimeThatTheGatewayWaits) {
  auto link = online();
  previous_.begin(std::move(link.laptop));
  run_for(PreviousConnection::kHandOverTime - milliseconds{500});
  EXPECT_NE(previous_.connection(), nullptr);
  run_for(milliseconds{1000});
  EXPECT_EQ(previous_.connection(), nullptr);
  EXPECT_EQ(ended_, 1);
}

TEST_F(PreviousConnectionTest, GivesWayToTheNextOneThatWasTakenOverFrom) {
  auto first = online();
  auto second = online();
  const auto* const connection = second.laptop.get();
  previous_.begin(std::move(first.laptop));
  previous_.begin(std::move(second.laptop));
  EXPECT_EQ(ended_, 1);
  EXPECT_EQ(previous_.connection(), connection);
}

}  // namespace
}  // namespace sallyport
