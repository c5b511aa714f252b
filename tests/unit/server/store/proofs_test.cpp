#include "server/proof/judge_proof.hpp"
#include "tests/unit/server/store/store_fixture.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace sallyport {
namespace {

const UserId kAna{"ana@example.com"};
const DeviceId kLaptop{"ana"};

/// Accepts "right", remembers everything else as a failure.
ProofJudgement judge(const ProofRecord& record, bool right, std::int64_t second) {
  ProofJudgement judgement{{right ? ProofResult::Accepted : ProofResult::WrongCode, 0, {}}, record};
  judgement.record.failures = right ? FailedAttempts{} : FailedAttempts{record.failures.count + 1, at_second(second)};
  if (right && judgement.record.totp) judgement.record.totp->used = second + 1;
  return judgement;
}

class ProofStore : public StoreTest {
 protected:
  ProofStore() { enroll("ana", "0a01"); }

  void give_secret(Replace replace = Replace::No) {
    const auto done = store().enroll_totp(
        {kAna, ByteBuffer(20, std::byte{7}), {Sha256Digest{std::byte{1}}, Sha256Digest{}}}, replace, at_second(0));
    ASSERT_TRUE(done) << done.error().words;
  }
  Store::Outcome<ProofOutcome> offer(bool right, std::int64_t second, const std::string& serial = "0a01",
                                     const UserId& user = kAna) {
    return store().judge_proof({user, kLaptop, serial, "totp", at_second(second)}, [&](const ProofRecord& record) {
      seen_ = record;
      return judge(record, right, second);
    });
  }
  std::optional<WallTime> proved(const std::string& serial = "0a01", const UserId& user = kAna) {
    const auto found = store().proof_of(kLaptop, user, serial);
    EXPECT_TRUE(found);
    return found ? *found : std::nullopt;
  }

  ProofRecord seen_;
};

TEST_F(ProofStore, RemembersSecretCodesProofAndFailuresAcrossARestart) {
  give_secret();
  ASSERT_TRUE(offer(false, 5));
  ASSERT_TRUE(offer(true, 9));
  EXPECT_EQ(seen_.failures, (FailedAttempts{1, at_second(5)}));
  ASSERT_TRUE(offer(false, 11));
  reopen();
  EXPECT_EQ(proved(), at_second(9));
  ASSERT_TRUE(offer(false, 12));
  EXPECT_EQ(seen_.totp, (TotpRecord{ByteBuffer(20, std::byte{7}), 10}));
  EXPECT_EQ(seen_.recovery.size(), 2U);
  EXPECT_EQ(seen_.failures, (FailedAttempts{1, at_second(11)}));
}

TEST_F(ProofStore, KeepsNoLogThatHasASecretWhichIsNoMore) {
  const std::string secret(20, '\7');
  const auto is_on_disk = [&] {
    bool found = false;
    for (const auto* suffix : {"", "-wal"}) {
      std::ifstream file{path() + suffix, std::ios::binary};
      const std::string content{std::istreambuf_iterator<char>{file}, {}};
      found |= content.find(secret) != std::string::npos;
    }
    return found;
  };
  give_secret();
  EXPECT_TRUE(is_on_disk());
  ASSERT_TRUE(store().reset_totp(kAna));
  EXPECT_FALSE(is_on_disk());
  give_secret();
  ASSERT_TRUE(store().enroll_totp({kAna, ByteBuffer(20, std::byte{8}), {}}, Replace::Yes, at_second(1)));
  EXPECT_FALSE(is_on_disk());
}

TEST_F(ProofStore, ForgetsASpentRecoveryCode) {
  give_secret();
  ASSERT_TRUE(store().judge_proof({kAna, kLaptop, "0a01", "recovery", at_second(1)}, [](const ProofRecord& record) {
    ProofJudgement judgement{{.result = ProofResult::Accepted}, record};
    judgement.record.recovery.pop_back();
    return judgement;
  }));
  EXPECT_EQ(store().proof_states()->front().recovery_left, 1U);
  EXPECT_EQ(store().proof_states()->front().last->method, "recovery");
}

TEST_F(ProofStore, RefusesToOverwriteASecretUnlessToldTo) {
  give_secret();
  ASSERT_TRUE(offer(true, 3));
  const auto again = store().enroll_totp({kAna, ByteBuffer(20), {}}, Replace::No, at_second(4));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().problem, StoreProblem::AlreadyEnrolled);
  EXPECT_EQ(proved(), at_second(3));
  give_secret(Replace::Yes);
  EXPECT_EQ(proved(), std::nullopt) << "what the old secret proved is gone";
  ASSERT_TRUE(offer(false, 5));
  EXPECT_EQ(seen_.totp->used, 0);
}

TEST_F(ProofStore, KeepsNoProofBeyondWhatItIsBoundTo) {
  give_secret();
  ASSERT_TRUE(offer(true, 3));
  EXPECT_EQ(proved("0a02"), std::nullopt) << "another certificate";
  EXPECT_EQ(proved("0a01", UserId{"bo@example.com"}), std::nullopt) << "another person";
  set_state("ana", DeviceState::Disabled);
  EXPECT_EQ(proved(), std::nullopt);
  set_state("ana", DeviceState::Active);
  EXPECT_EQ(proved(), std::nullopt) << "enabled again: to be proved again";
  ASSERT_TRUE(offer(true, 4));
  EXPECT_EQ(proved(), at_second(4));
  enroll("ana", "0a03", Replace::Yes);
  EXPECT_EQ(proved("0a03"), std::nullopt);
  EXPECT_EQ(proved("0a01"), std::nullopt);
  ASSERT_TRUE(offer(true, 5, "0a03"));
  EXPECT_EQ(proved("0a03"), at_second(5));
  EXPECT_TRUE(*store().reset_totp(kAna));
  EXPECT_EQ(proved("0a03"), std::nullopt);
  EXPECT_FALSE(*store().reset_totp(kAna)) << "there is none any more";
}

TEST_F(ProofStore, GivesNoNewTriesToADeviceThatIsEnrolledAnew) {
  give_secret();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(offer(false, i));
  enroll("ana", "0a02", Replace::Yes);
  ASSERT_TRUE(offer(false, 9, "0a02"));
  EXPECT_EQ(seen_.failures.count, 5U);
  set_state("ana", DeviceState::Disabled);
  set_state("ana", DeviceState::Active);
  ASSERT_TRUE(offer(false, 10, "0a02"));
  EXPECT_EQ(seen_.failures.count, 6U);
}

TEST_F(ProofStore, JudgesNothingForADeviceThatIsNotThePersonsOwn) {
  give_secret();
  EXPECT_FALSE(offer(true, 1, "0a02"));
  EXPECT_FALSE(offer(true, 1, "0a01", UserId{"bo@example.com"}));
  set_state("ana", DeviceState::Disabled);
  EXPECT_FALSE(offer(true, 1));
  EXPECT_EQ(seen_, ProofRecord{}) << "the judge was not even asked";
}

TEST_F(ProofStore, ListsEverybodyWithADeviceOrASecret) {
  ASSERT_TRUE(store().enroll_totp({UserId{"zoe@example.com"}, ByteBuffer(20), {}}, Replace::No, at_second(7)));
  const auto states = store().proof_states();
  ASSERT_TRUE(states);
  ASSERT_EQ(states->size(), 2U);
  EXPECT_EQ(states->at(0).devices, 1U);
  EXPECT_FALSE(states->at(0).enrolled);
  EXPECT_EQ(states->at(1).user, UserId{"zoe@example.com"});
  EXPECT_EQ(states->at(1).enrolled, at_second(7));
  EXPECT_FALSE(states->at(1).last);
}

TEST_F(ProofStore, LeavesNoSecretInTheFileOnceItIsForgotten) {
  const std::string marker = "a-secret-in-20-bytes";
  const Bytes secret = as_bytes(marker);
  ASSERT_TRUE(store().enroll_totp({kAna, {secret.begin(), secret.end()}, {}}, Replace::No, at_second(0)));
  ASSERT_TRUE(store().reset_totp(kAna));
  reopen();  // SQLite then empties its log into the file
  for (const auto& entry : std::filesystem::directory_iterator{directory_.path()}) {
    std::ifstream file{entry.path(), std::ios::binary};
    const std::string content{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_EQ(content.find(marker), std::string::npos) << entry.path();
  }
}

}  // namespace
}  // namespace sallyport
