#include "tests/unit/server/store/store_fixture.hpp"

namespace sallyport {
namespace {

const std::string kOld(64, 'a');
const std::string kNext(64, 'b');
const DeviceId kAna{"ana"};

HeldAuthorities held(std::vector<std::string> names, std::string problem = {}) {
  return {std::move(names), std::move(problem), at_second(5)};
}

class AuthorityStore : public StoreTest {
 protected:
  AuthorityStore() { enroll("ana", "0a"); }
};

TEST_F(AuthorityStore, KeepsWhatADeviceSaysItTrusts) {
  EXPECT_FALSE(*store().held_authorities(kAna));
  EXPECT_EQ(store().note_authorities(kAna, held({kOld})), true);
  EXPECT_EQ(store().note_authorities(kAna, held({kOld})), false) << "no news, nothing is written";
  EXPECT_EQ(store().note_authorities(kAna, held({kOld, kNext})), true);
  reopen();
  EXPECT_EQ(**store().held_authorities(kAna), held({kOld, kNext}));
  EXPECT_EQ(store().held_authorities()->at(kAna), held({kOld, kNext}));
  EXPECT_TRUE(store().held_authorities()->at(kAna).has(kNext));
  EXPECT_FALSE(store().held_authorities()->at(kAna).has(""));
}

TEST_F(AuthorityStore, KeepsWhyADeviceDidNotTakeOne) {
  EXPECT_EQ(store().note_authorities(kAna, held({kOld}, "not_vouched")), true);
  EXPECT_EQ((**store().held_authorities(kAna)).problem, "not_vouched");
  EXPECT_EQ(store().note_authorities(kAna, held({kOld})), true) << "it did in the end";
}

TEST_F(AuthorityStore, RefusesADeviceThatIsNotThere) {
  EXPECT_FALSE(store().note_authorities(DeviceId{"bo"}, held({kOld})));
}

TEST_F(AuthorityStore, ForgetsThatWhenTheDeviceIsEnrolledAnew) {
  ASSERT_TRUE(store().note_authorities(kAna, held({kOld, kNext})));
  enroll("ana", "0b", Replace::Yes);
  EXPECT_FALSE(*store().held_authorities(kAna)) << "a fresh laptop has what it was enrolled with";
}

TEST_F(AuthorityStore, KnowsWhichAuthoritySignedTheNewestCertificate) {
  EXPECT_TRUE(store().issuers()->empty()) << "the one there always was";
  auto renewal = renewal_of("ana", "0a", "0b");
  renewal.issuer = kNext;
  ASSERT_TRUE(store().renew(renewal, at_second(10)));
  EXPECT_EQ(store().issuers()->at(kAna), kNext);
  EXPECT_EQ(store().count_issued_by(kNext), 1U);
  EXPECT_EQ(store().count_issued_by(kOld), 0U);
  ASSERT_TRUE(store().renew(renewal_of("ana", "0b", "0c"), at_second(20)));
  EXPECT_TRUE(store().issuers()->empty());
  EXPECT_EQ(store().count_issued_by(kNext), 1U) << "what was signed stays signed";
}

}  // namespace
}  // namespace sallyport
