#include "server/gateway/device_desk.hpp"

#include "tests/unit/server/gateway/control_fixture.hpp"

namespace sallyport {
namespace {

class Devices : public ControlRoom {
 protected:
  Devices() {
    auto& corp = snapshot_.config.authorities.emplace_back();
    corp.rules.name = "corp";
    corp.enrol_unknown = true;
    corp.enrol_unknown_limit = 2;
  }
  std::optional<AdmissionRefusal> see(const std::string& device, const std::string& authority = "corp") {
    PeerIdentity peer;
    peer.device = DeviceId{device};
    peer.user = UserId{"bo@example.com"};
    peer.authority = authority;
    return desk_.record_at_first_sight(peer);
  }

  DeviceDesk desk_{books_};
};

TEST_F(Devices, AreRecordedOnTheWordOfAnAuthorityThatMaySo) {
  EXPECT_EQ(see("bo-laptop"), std::nullopt);
  const auto known = store_.device(DeviceId{"bo-laptop"});
  ASSERT_TRUE(known && *known);
  EXPECT_EQ((*known)->authority, "corp");
  ASSERT_EQ(records_of("device.recorded").size(), 1U);
  EXPECT_EQ(records_of("device.recorded").front()["by"], "authority corp");
  EXPECT_EQ(see("bo-laptop"), std::nullopt);
  EXPECT_EQ(records_of("device.recorded").size(), 1U) << "it is known by now";
}

TEST_F(Devices, OfOurOwnAuthorityAreNeverRecordedByComing) {
  EXPECT_EQ(see("ana-laptop", ""), std::nullopt);
  EXPECT_FALSE(store_.device(DeviceId{"ana-laptop"}).value());
}

TEST_F(Devices, BeyondTheLimitOfTheirAuthorityAreRefusedAndTheAdministratorHearsOfIt) {
  EXPECT_EQ(see("one"), std::nullopt);
  EXPECT_EQ(see("two"), std::nullopt);
  EXPECT_EQ(see("three"), AdmissionRefusal::TooManyUnknown);
  EXPECT_EQ(see("four"), AdmissionRefusal::TooManyUnknown);
  EXPECT_EQ(times_said("authority.full"), 1);
}

}  // namespace
}  // namespace sallyport
