#include "server/gateway/trust_desk.hpp"

#include "tests/unit/server/gateway/control_fixture.hpp"

namespace sallyport {
namespace {

class Trust : public ControlRoom {
 protected:
  Trust() { enroll(); }
  LoadedTrust revoking(const std::vector<std::string>& serials) const {
    LoadedTrust trust = snapshot_.trust;
    trust.bundle = pki_.trust(pki_.crl(serials, 2));
    return trust;
  }
  std::optional<std::size_t> use(const LoadedTrust& trust) {
    std::optional<std::size_t> ended;
    desk_.use_trust(trust, now_.steady, [&](std::size_t count) { ended = count; });
    if (!ended && workers_.last<command::End>() != nullptr) carry_out<command::End>();
    return ended;
  }

  const std::string config_path_ = "gateway.toml";
  int shown_ = 0;
  AuthorityDesk authorities_{books_, orders_};
  OutlookKeeper outlook_{books_};
  TrustDesk desk_{snapshot_, config_path_, books_, orders_, authorities_, outlook_, [this] { ++shown_; }};
};

TEST_F(Trust, ThatComesInForceIsShownAtTheDoorsUnderAnotherNumber) {
  const auto before = snapshot_.trust_generation;
  EXPECT_EQ(use(revoking({})), 0U);
  EXPECT_EQ(shown_, 1);
  EXPECT_EQ(snapshot_.trust_generation, before + 1);
  EXPECT_NE(workers_.last<command::NoteRevocation>(), nullptr);
}

TEST_F(Trust, EndsTheSessionsThatItDoesNotCarryAnyMore) {
  auto& entry = connect();
  entry.grant.serial = "0a";
  ASSERT_TRUE(store_.enroll({DeviceId{"ana-laptop"}, UserId{"ana@example.com"}, "0a", now_.wall + std::chrono::days{9}},
                            Replace::Yes, now_.wall));
  EXPECT_EQ(use(revoking({"0a"})), 1U);
  EXPECT_EQ(workers_.last<command::End>()->reason, EndReason::DeviceRevoked);
  ASSERT_TRUE(workers_.last<command::End>()->origin);
  EXPECT_EQ(workers_.last<command::End>()->origin->cause, CutCause::Crl);
}

TEST_F(Trust, ThatLocksOutMoreDevicesThanItMayIsNotUsed) {
  const TestPki other{now_.wall, "example.com", "Another Authority"};
  ASSERT_TRUE(store_.note_certificate({DeviceId{"ana-laptop"}, "", "ana-laptop",
                                       snapshot_.trust.bundle->id_of(snapshot_.trust.bundle->authorities().front()),
                                       now_.wall + std::chrono::days{9}}));
  LoadedTrust next = snapshot_.trust;
  next.bundle = other.trust();
  EXPECT_FALSE(desk_.refuse_stranding(next, 0));
  EXPECT_TRUE(desk_.refuse_stranding(next, 1));
}

TEST_F(Trust, EndsWhoseRecordDoesNotAdmitThemAnyMore) {
  (void)connect();
  ASSERT_TRUE(store_.set_state(DeviceId{"ana-laptop"}, DeviceState::Disabled, now_.wall));
  std::optional<std::size_t> ended;
  desk_.recheck_devices([&](std::size_t count) { ended = count; });
  EXPECT_EQ(workers_.last<command::End>()->reason, EndReason::DeviceDisabled);
  carry_out<command::End>();
  EXPECT_EQ(ended, 1U);
}

TEST_F(Trust, EndsSessionsWhoseListIsTooOld) {
  (void)connect();
  desk_.end_outdated_sessions();
  EXPECT_EQ(workers_.last<command::End>(), nullptr);
  pass(std::chrono::days{3650});
  desk_.end_outdated_sessions();
  ASSERT_NE(workers_.last<command::End>(), nullptr);
  EXPECT_EQ(times_said("trust.stale"), 1);
}

}  // namespace
}  // namespace sallyport
