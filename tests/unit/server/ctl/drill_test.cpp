#include "common/ip/packet.hpp"
#include "common/ip/protocol.hpp"
#include "server/ctl/drill_identity.hpp"
#include "server/ctl/drill_outcome.hpp"
#include "server/ctl/drill_packet.hpp"
#include "server/enrolment/drill_identity.hpp"
#include "tests/unit/server/ctl/ctl_fixture.hpp"

#include <optional>

namespace sallyport {
namespace {

TEST(DrillPacket, IsAWholeUdpPacketOfEitherFamily) {
  for (const auto& [source, target] : {std::pair{"10.99.0.2", "10.99.0.1"}, std::pair{"fd12::2", "fd12::1"}}) {
    const auto octets = drill_packet(*IpAddress::parse(source), *IpAddress::parse(target), 40000, 7);
    const auto packet = PacketView::parse(octets);
    ASSERT_TRUE(packet) << source;
    EXPECT_EQ(packet->protocol(), ip_protocol::kUdp);
    EXPECT_EQ(packet->destination(), IpAddress::parse(target));
    EXPECT_EQ(packet->destination_port(), 40000);
    EXPECT_EQ(packet->bytes().size(), octets.size());
    EXPECT_EQ(number_in(packet->transport().subspan(8)), 7U);
  }
  EXPECT_EQ(number_in(as_bytes("something else of anybody")), std::nullopt);
}

TEST(DrillOutcome, IsPassedOnlyWhenPacketsAndSessionEndedInTimeAndNobodyGotInAgain) {
  using std::chrono::milliseconds;
  const TimePoint asked{std::chrono::hours{1}};
  DrillOutcome good;
  good.asked = asked;
  good.figures.last_arrival = asked + milliseconds{90};
  good.figures.closed = asked + milliseconds{100};
  good.refused_again = "device_revoked";
  EXPECT_TRUE(is_passed(good, milliseconds{100}));
  EXPECT_FALSE(is_passed(good, milliseconds{99})) << "closed too late";
  auto late = good;
  late.figures.last_arrival = asked + milliseconds{101};
  EXPECT_FALSE(is_passed(late, milliseconds{100})) << "a packet came too late";
  auto open = good;
  open.figures.closed.reset();
  EXPECT_FALSE(is_passed(open, milliseconds{100})) << "never closed";
  auto silent = good;
  silent.figures.last_arrival.reset();
  EXPECT_FALSE(is_passed(silent, milliseconds{100})) << "no packet ever arrived: nothing was shown";
  auto again = good;
  again.refused_again.clear();
  EXPECT_FALSE(is_passed(again, milliseconds{100})) << "it got in again";
}

class Drill : public CtlTest {
 protected:
  Drill() { make_authority(); }
  std::vector<DeviceRecord> devices() {
    auto store = Store::open(path("state/gateway.db"));
    return store ? store->devices().value_or(std::vector<DeviceRecord>{}) : std::vector<DeviceRecord>{};
  }
};

TEST_F(Drill, SaysWhatItIsWhenNothingIsAskedOfIt) {
  const auto run = ctl({"revoke"});
  EXPECT_EQ(run.code, CtlExit::Usage);
  EXPECT_NE(run.err.find("devices revoke"), std::string::npos) << run.err;
  for (const char* bar : {"0s", "1h", "fast", "0ms", "-1s"}) {
    EXPECT_EQ(ctl({"revoke", "--drill", "--within", bar}).code, CtlExit::Usage) << bar;
  }
}

TEST_F(Drill, IssuesNothingWhereNoGatewayRuns) {
  EXPECT_EQ(ctl({"revoke", "--drill"}).code, CtlExit::NotRunning);
  EXPECT_TRUE(devices().empty());
}

TEST_F(Drill, PutsADeviceOnRecordForAsLongAsItLivesAndForMinutesAtMost) {
  const auto config = load_gateway_config(path("gateway.toml"));
  auto store = Store::open(path("state/gateway.db"));
  ASSERT_TRUE(config && store);
  {
    const auto device = DrillDevice::issue(*config, *store, now_);
    ASSERT_TRUE(device) << device.error();
    const auto on_record = devices();
    ASSERT_EQ(on_record.size(), 1U);
    EXPECT_EQ(on_record.front().user.text(), kDrillUser);
    EXPECT_EQ(on_record.front().id, device->id());
    EXPECT_LE(on_record.front().not_after, now_ + kDrillLifetime);
  }
  EXPECT_TRUE(devices().empty());
  EXPECT_EQ(store->revoked_serials(now_)->size(), 1U) << "its certificate is no good any more either";
}

TEST_F(Drill, SweepsAwayWhatADeadOneLeft) {
  const auto config = load_gateway_config(path("gateway.toml"));
  auto store = Store::open(path("state/gateway.db"));
  ASSERT_TRUE(config && store);
  const UserId nobody{std::string{kDrillUser}};
  ASSERT_TRUE(
      store->enroll({DeviceId{"revocation-drill-dead"}, nobody, "0d", now_ + kDrillLifetime}, Replace::No, now_));
  const auto device = DrillDevice::issue(*config, *store, now_);
  ASSERT_TRUE(device) << device.error();
  EXPECT_EQ(devices().size(), 1U);
}

TEST_F(Drill, HasAPersonNobodyElseCanBe) {
  const auto csr = make_request("revocation-drill-mine");
  const std::string user{kDrillUser};
  const auto enrolled = ctl({"devices", "enroll", "--user", user, "--csr", csr});
  EXPECT_EQ(enrolled.code, CtlExit::Usage);
  EXPECT_NE(enrolled.err.find("reserved"), std::string::npos) << enrolled.err;
  EXPECT_EQ(ctl({"tokens", "create", "--user", user}).code, CtlExit::Usage);
}

}  // namespace
}  // namespace sallyport
