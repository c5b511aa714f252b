#include "server/store/database.hpp"
#include "server/store/schema.hpp"
#include "tests/unit/server/store/store_fixture.hpp"

namespace sallyport {
namespace {

const DeviceId kLaptop{"ana-laptop"};
const UserId kAna{"ana@example.com"};

class ForeignDevices : public StoreTest {
 protected:
  Store::Outcome<void> add(const std::string& authority, Replace replace = Replace::No) {
    return store().add_foreign({kLaptop, kAna, authority}, replace, at_second(0));
  }
  void see(const std::string& serial, std::int64_t until, const std::string& authority = "corp",
           const std::string& issuer = "aa01") {
    const auto noted = store().note_certificate({kLaptop, authority, serial, issuer, at_second(until)});
    ASSERT_TRUE(noted) << noted.error().words;
  }
  DeviceRecord record() {
    const auto found = store().device(kLaptop);
    return found && *found ? **found : DeviceRecord{};
  }
};

TEST_F(ForeignDevices, AreKnownBeforeTheyAreSeen) {
  ASSERT_TRUE(add("corp"));
  EXPECT_EQ(record().state, DeviceState::Active);
  EXPECT_EQ(record().authority, "corp");
  EXPECT_FALSE(record().has_certificate());
  EXPECT_TRUE(record().issuer.empty());
  EXPECT_EQ(store().devices()->size(), 1U);
}

TEST_F(ForeignDevices, ShowWhateverCertificateTheirAuthorityGivesThem) {
  ASSERT_TRUE(add("corp"));
  EXPECT_TRUE(record().accepts("01", "corp"));
  EXPECT_FALSE(record().accepts("01", "other"));
  EXPECT_FALSE(record().accepts("01")) << "ours is another authority";
  EXPECT_FALSE(record().accepts("", "corp"));
  enroll("bo-laptop", "0b");
  const auto ours = store().device(DeviceId{"bo-laptop"});
  EXPECT_TRUE((*ours)->accepts("0b"));
  EXPECT_FALSE((*ours)->accepts("0b", "corp")) << "a certificate of theirs with the number of ours";
}

TEST_F(ForeignDevices, AreDatedByTheirNewestCertificate) {
  ASSERT_TRUE(add("corp"));
  see("01", 1000);
  EXPECT_EQ(record().serial, "01");
  EXPECT_EQ(record().not_after, at_second(1000));
  EXPECT_EQ(record().issuer, "aa01");
  see("02", 2000, "corp", "aa02");
  see("01", 1000);
  EXPECT_EQ(record().serial, "02") << "an older one does not count again";
  EXPECT_EQ(record().issuer, "aa02");
  see("03", 9000, "other");
  EXPECT_EQ(record().serial, "02") << "of another authority";
  reopen();
  EXPECT_EQ(record().serial, "02");
}

TEST_F(ForeignDevices, MayHaveTheSerialOfAnothersDevice) {
  ASSERT_TRUE(add("corp"));
  see("01", 1000);
  ASSERT_TRUE(store().add_foreign({DeviceId{"other"}, kAna, "corp2"}, Replace::No, at_second(0)));
  EXPECT_TRUE(store().note_certificate({DeviceId{"other"}, "corp2", "01", "bb01", at_second(1000)}));
  enroll("bo-laptop", "01");
  EXPECT_EQ(store().devices()->size(), 3U);
}

TEST_F(ForeignDevices, AreBoundToTheirAuthority) {
  ASSERT_TRUE(add("corp"));
  const auto other = add("other");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().problem, StoreProblem::AlreadyEnrolled);
  EXPECT_EQ(record().authority, "corp");
  ASSERT_TRUE(add("other", Replace::Yes)) << "an administrator may";
  EXPECT_EQ(record().authority, "other");
  EXPECT_FALSE(record().accepts("01", "corp"));
}

TEST_F(ForeignDevices, BecomeOursByAnEnrolmentAndBack) {
  ASSERT_TRUE(add("corp"));
  see("01", 1000);
  const Enrolment ours{kLaptop, kAna, "0c0c", at_second(5000)};
  EXPECT_FALSE(store().enroll(ours, Replace::No, at_second(1)));
  ASSERT_TRUE(store().enroll(ours, Replace::Yes, at_second(1)));
  EXPECT_TRUE(record().authority.empty());
  EXPECT_EQ(record().serial, "0c0c");
  EXPECT_TRUE(record().issuer.empty());
  EXPECT_FALSE(record().accepts("01", "corp"));
  ASSERT_TRUE(add("corp", Replace::Yes));
  EXPECT_EQ(store().revoked_serials(at_second(2))->size(), 1U) << "ours is revoked; theirs was never on our list";
  EXPECT_EQ(store().revoked_serials(at_second(2))->front().serial, "0c0c");
}

TEST_F(ForeignDevices, AreNotOnOurRevocationList) {
  ASSERT_TRUE(add("corp"));
  see("01", 1000);
  set_state("ana-laptop", DeviceState::Revoked);
  EXPECT_EQ(record().state, DeviceState::Revoked);
  EXPECT_TRUE(store().revoked_serials(at_second(0))->empty());
  const auto again = add("corp");
  ASSERT_FALSE(again) << "the certificate that was revoked would count again";
  EXPECT_EQ(again.error().problem, StoreProblem::Revoked);
  EXPECT_EQ(record().state, DeviceState::Revoked);
  ASSERT_TRUE(add("corp", Replace::Yes)) << "and may come back by a new registration";
  EXPECT_FALSE(record().has_certificate());
}

TEST_F(ForeignDevices, AreCountedWhereTheirAuthoritysWordWasEnough) {
  const auto count = [&] { return store().count_first_sights("corp").value(); };
  const auto see_first = [&](const std::string& id, const std::string& authority) {
    ASSERT_TRUE(store().add_foreign({DeviceId{id}, kAna, authority, true}, Replace::No, at_second(0)));
  };
  ASSERT_TRUE(add("corp"));
  EXPECT_EQ(count(), 0U) << "an administrator registered it";
  EXPECT_FALSE(record().at_first_sight);
  see_first("pc-1", "corp");
  see_first("pc-2", "corp");
  see_first("pc-3", "corp");
  see_first("pc-4", "other");
  EXPECT_EQ(count(), 3U);
  EXPECT_TRUE((*store().device(DeviceId{"pc-1"}))->at_first_sight);
  set_state("pc-1", DeviceState::Disabled);
  EXPECT_EQ(count(), 3U) << "it may be enabled again";
  set_state("pc-1", DeviceState::Revoked);
  EXPECT_EQ(count(), 2U);
  ASSERT_TRUE(store().add_foreign({DeviceId{"pc-2"}, kAna, "corp"}, Replace::Yes, at_second(1)));
  EXPECT_EQ(count(), 1U) << "now somebody did";
  enroll("pc-3", "0d", Replace::Yes);
  EXPECT_EQ(count(), 0U) << "and it is ours now";
  reopen();
  EXPECT_EQ(store().count_first_sights("other").value(), 1U);
}

TEST_F(ForeignDevices, AreNotRenewedHere) {
  ASSERT_TRUE(add("corp"));
  see("01", 1000);
  const auto renewal = store().check_renewal({kLaptop, kAna, "01", {}, {}});
  ASSERT_FALSE(renewal);
  EXPECT_EQ(renewal.error().problem, StoreProblem::Conflict);
}

TEST_F(ForeignDevices, KeepAProofFromOneCertificateToTheNext) {
  ASSERT_TRUE(add("corp"));
  see("01", 1000);
  ASSERT_TRUE(store().enroll_totp({kAna, ByteBuffer(20), {}}, Replace::No, at_second(0)));
  const auto accept = [](const ProofRecord& record) {
    return ProofJudgement{{.result = ProofResult::Accepted}, record};
  };
  const auto prove = [&](const std::string& authority) {
    return store().judge_proof({kAna, kLaptop, "01", "totp", at_second(5), authority}, accept).has_value();
  };
  EXPECT_FALSE(prove("")) << "a certificate of ours would be another device";
  ASSERT_TRUE(prove("corp"));
  EXPECT_EQ(store().proof_of(kLaptop, kAna, "01").value(), at_second(5));
  see("02", 2000);
  EXPECT_EQ(store().proof_of(kLaptop, kAna, "02").value(), at_second(5));
  ASSERT_TRUE(add("corp", Replace::Yes));
  EXPECT_FALSE(store().proof_of(kLaptop, kAna, "02").value()) << "a new registration begins anew";
}

TEST_F(ForeignDevices, OfOursTheIssuerIsNotedOnce) {
  enroll("ana-laptop", "0a");
  see("0b", 1000, "");
  EXPECT_TRUE(record().issuer.empty()) << "not its newest certificate";
  see("0a", 1000, "");
  EXPECT_EQ(record().issuer, "aa01");
  EXPECT_EQ(record().not_after, at_second(90 * 86400)) << "its date is what we gave it";
}

}  // namespace
}  // namespace sallyport
