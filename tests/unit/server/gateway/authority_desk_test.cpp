#include "server/gateway/authority_desk.hpp"

#include "tests/unit/server/gateway/control_fixture.hpp"

namespace sallyport {
namespace {

const std::string kNext(64, 'b');

class Authorities : public ControlRoom {
 protected:
  Authorities() {
    AuthorityNotice notice;
    notice.phase = RotationPhase::Issuing;
    notice.newest = kNext;
    notice.renew_within = std::chrono::minutes{10};
    snapshot_.trust.authorities = std::make_shared<const AuthorityNotice>(notice);
    enroll();
  }
  void hold(SessionId session, std::vector<std::string> has, std::string problem = {}) {
    report::AuthoritiesHeld held{session, {std::move(has), std::move(problem)}};
    desk_.take(held);
  }

  AuthorityDesk desk_{books_, orders_};
};

TEST_F(Authorities, ThatADeviceTrustsAreOnRecordOnce) {
  const auto session = connect().grant.id;
  hold(session, {kNext});
  hold(session, {kNext});
  EXPECT_EQ(records_of("authority.held").size(), 1U);
  const auto held = store_.held_authorities(DeviceId{"ana-laptop"});
  ASSERT_TRUE(held && *held);
  EXPECT_TRUE((*held)->has(kNext));
}

TEST_F(Authorities, ThatADeviceDidNotTakeAreCounted) {
  hold(connect().grant.id, {}, "unwritable");
  EXPECT_EQ(desk_.refused(), 1U);
  ASSERT_EQ(records_of("authority.refused").size(), 1U);
  EXPECT_EQ(records_of("authority.refused").front()["reason"], "unwritable");
}

TEST_F(Authorities, AreAnnouncedToEveryWorkerAndAStepOfTheirChangeIsRecordedOnce) {
  desk_.tell_authorities();
  EXPECT_NE(workers_.last<command::Announce>(), nullptr);
  desk_.note_rotation(RotationPhase::Spreading);
  desk_.note_rotation(RotationPhase::Issuing);
  ASSERT_EQ(records_of("authority.rotation").size(), 1U);
  EXPECT_EQ(records_of("authority.rotation").front()["reason"], "issuing");
}

TEST_F(Authorities, AskNobodyToRenewWhereNoCertificatesAreGivenOut) {
  hold(connect().grant.id, {kNext});
  EXPECT_EQ(workers_.last<command::AskToRenew>(), nullptr);
}

}  // namespace
}  // namespace sallyport
