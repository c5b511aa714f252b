#include "tests/unit/server/store/store_fixture.hpp"

namespace sallyport {
namespace {

const UserId kAna{"ana@example.com"};
const DeviceId kLaptop{"ana"};

class UserStore : public StoreTest {
 protected:
  UserStore() { enroll("ana", "0a01"); }
  void disable(const std::string& reason = "left") {
    const auto done = store().disable_user(kAna, reason, at_second(5));
    ASSERT_TRUE(done) << done.error().words;
  }
  bool counts() { return !(*store().device(kLaptop))->user_disabled; }
  static Result<ProofOutcome, StoreError> accept(Store& store) {
    return store.judge_proof({kAna, kLaptop, "0a01", "totp", at_second(6)}, [](const ProofRecord& record) {
      return ProofJudgement{{.result = ProofResult::Accepted}, record};
    });
  }
};

TEST_F(UserStore, TakesAllDevicesOfADisabledPersonWhateverTheirOwnStateIs) {
  EXPECT_TRUE(counts());
  disable();
  EXPECT_FALSE(counts());
  EXPECT_EQ((*store().device(kLaptop))->state, DeviceState::Active) << "nothing is revoked";
  set_state("ana", DeviceState::Disabled);
  set_state("ana", DeviceState::Active);
  EXPECT_FALSE(counts()) << "enabling the device is not enabling the person";
  reopen();
  EXPECT_FALSE(counts()) << "and a restart is not either";
  EXPECT_EQ(store().devices()->front().user_disabled, true);
}

TEST_F(UserStore, LeavesOthersAlone) {
  enroll("bo", "0b01");
  disable();
  EXPECT_FALSE((*store().device(DeviceId{"bo"}))->user_disabled);
  EXPECT_TRUE(store().check_user(UserId{"bo@example.com"}));
}

TEST_F(UserStore, RefusesEnrolmentRenewalProofAndTokensMeanwhile) {
  disable();
  const auto enrolled =
      store().enroll({DeviceId{"ana-2"}, kAna, "0a02", at_second(90 * 86400)}, Replace::No, at_second(6));
  ASSERT_FALSE(enrolled);
  EXPECT_EQ(enrolled.error().problem, StoreProblem::UserDisabled);
  EXPECT_FALSE(*store().device(DeviceId{"ana-2"}));
  const auto renewed = store().renew(renewal_of("ana", "0a01", "0a03"), at_second(6));
  ASSERT_FALSE(renewed);
  EXPECT_EQ(renewed.error().problem, StoreProblem::UserDisabled);
  EXPECT_FALSE(accept(store()));
  const auto token = store().create_token("t1", hash_of(1), grant_of("ana@example.com"), at_second(6));
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().problem, StoreProblem::UserDisabled);
}

TEST_F(UserStore, UsesNoTokenThatWasMadeBefore) {
  ASSERT_TRUE(store().create_token("t1", hash_of(1), grant_of("ana@example.com"), at_second(0)));
  disable();
  const Enrolment enrolment{DeviceId{"ana-2"}, kAna, "0a02", at_second(90 * 86400)};
  const auto used = store().enroll_by_token(hash_of(1), enrolment, at_second(6));
  ASSERT_FALSE(used);
  EXPECT_EQ(used.error().problem, StoreProblem::UserDisabled);
  EXPECT_EQ(store().tokens()->front().used, 0U);
  ASSERT_TRUE(store().enable_user(kAna));
  EXPECT_TRUE(store().enroll_by_token(hash_of(1), enrolment, at_second(7)));
}

TEST_F(UserStore, RestoresAllButWhatWasProved) {
  ASSERT_TRUE(accept(store()));
  ASSERT_TRUE(*store().proof_of(kLaptop, kAna, "0a01"));
  disable();
  EXPECT_FALSE(*store().proof_of(kLaptop, kAna, "0a01"));
  const auto enabled = store().enable_user(kAna);
  ASSERT_TRUE(enabled);
  EXPECT_TRUE(*enabled);
  EXPECT_TRUE(counts());
  EXPECT_FALSE(*store().proof_of(kLaptop, kAna, "0a01")) << "they sign in anew";
  EXPECT_TRUE(accept(store()));
  EXPECT_TRUE(store().renew(renewal_of("ana", "0a01", "0a03"), at_second(8)));
}

TEST_F(UserStore, SaysWhetherItChangedAnythingAndKeepsTheFirstDate) {
  EXPECT_EQ(store().enable_user(kAna), false);
  EXPECT_EQ(store().disable_user(kAna, "left", at_second(5)), true);
  EXPECT_EQ(store().disable_user(kAna, "left for good", at_second(9)), false);
  EXPECT_EQ(*store().disabled_user(kAna), (DisabledUser{at_second(5), "left for good"}));
  EXPECT_EQ(store().enable_user(kAna), true);
  EXPECT_EQ(*store().disabled_user(kAna), std::nullopt);
}

TEST_F(UserStore, ListsWhoIsDisabledThoughTheyHaveNothing) {
  ASSERT_TRUE(store().disable_user(UserId{"zoe@example.com"}, "", at_second(5)));
  const auto states = store().proof_states();
  ASSERT_EQ(states->size(), 2U);
  EXPECT_FALSE(states->front().disabled);
  EXPECT_EQ(states->back().user, UserId{"zoe@example.com"});
  EXPECT_EQ(states->back().devices, 0U);
  EXPECT_TRUE(states->back().disabled);
}

TEST_F(UserStore, ForgetsTheDevicesOfOnePersonWithTheirAddresses) {
  enroll("bo", "0b01");
  ASSERT_EQ(v4_of("ana", pools_of("10.99.0.0/24", nullptr)), "10.99.0.2");
  EXPECT_EQ(store().forget_devices_of(kAna, at_second(9)), 1U);
  EXPECT_FALSE(*store().device(kLaptop));
  EXPECT_TRUE(*store().device(DeviceId{"bo"}));
  EXPECT_EQ(v4_of("bo", pools_of("10.99.0.0/24", nullptr)), "10.99.0.2") << "the address is free";
  ASSERT_EQ(store().revoked_serials(at_second(9))->size(), 1U);
  EXPECT_EQ(store().revoked_serials(at_second(9))->front().serial, "0a01") << "and its certificate counts no more";
  EXPECT_EQ(store().forget_devices_of(kAna, at_second(9)), 0U);
}

}  // namespace
}  // namespace sallyport
