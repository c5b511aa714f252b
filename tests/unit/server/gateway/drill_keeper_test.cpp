#include "server/gateway/drill_keeper.hpp"

#include "server/enrolment/drill_identity.hpp"
#include "tests/unit/server/gateway/control_fixture.hpp"

namespace sallyport {
namespace {

class Drills : public ControlRoom {
 protected:
  Drills() { enroll("drill-1", std::string{kDrillUser}); }
  DrillKeeper keeper_{books_, orders_};
  const DeviceId device_{"drill-1"};
};

TEST_F(Drills, LetTheirDeviceReachOnePortAndNobodyElseAnything) {
  ASSERT_TRUE(keeper_.begin(device_, 4000, "root"));
  EXPECT_TRUE(keeper_.is_of(device_));
  EXPECT_NE(keeper_.policy_for(device_), nullptr);
  EXPECT_EQ(keeper_.policy_for(DeviceId{"ana-laptop"}), nullptr);
  EXPECT_EQ(records_of("drill.begun").size(), 1U);
}

TEST_F(Drills, AreForDevicesThatWereMadeForThem) {
  enroll("ana-laptop");
  EXPECT_FALSE(keeper_.begin(DeviceId{"ana-laptop"}, 4000, "root"));
  EXPECT_FALSE(keeper_.begin(DeviceId{"nobody"}, 4000, "root"));
  EXPECT_FALSE(keeper_.is_of(DeviceId{"ana-laptop"}));
}

TEST_F(Drills, AreNeverTwo) {
  ASSERT_TRUE(keeper_.begin(device_, 4000, "root"));
  EXPECT_FALSE(keeper_.begin(device_, 4001, "root"));
}

TEST_F(Drills, EndByThemselvesAndLeaveNoDeviceBehind) {
  ASSERT_TRUE(keeper_.begin(device_, 4000, "root"));
  const auto session = connect("drill-1", std::string{kDrillUser}).grant.id;
  pass(kLongestDrill);
  keeper_.handle_timeout();
  EXPECT_FALSE(keeper_.is_of(device_));
  ASSERT_NE(workers_.last<command::End>(), nullptr);
  EXPECT_EQ(workers_.last<command::End>()->sessions, std::vector{session});
  EXPECT_FALSE(store_.device(device_).value());
  EXPECT_EQ(records_of("drill.ended").size(), 1U);
}

}  // namespace
}  // namespace sallyport
