#include "server/proof/judge_proof.hpp"

#include "server/proof/recovery_code.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

namespace sallyport {
namespace {

using std::chrono::seconds;

constexpr std::string_view kSecret = "12345678901234567890";
constexpr const char* kRecovery = "mzxw-6ytb-ojtg-633c";

WallTime at(std::int64_t second) { return WallTime{seconds{1'800'000'000 + second}}; }
std::string code_at(std::int64_t second) {
  return hotp(as_bytes(kSecret), static_cast<std::uint64_t>(totp_step(at(second)))).value();
}
ProofRecord enrolled() {
  ProofRecord record{.user = UserId{"ana@example.com"}};
  const Bytes secret = as_bytes(kSecret);
  record.totp = TotpRecord{{secret.begin(), secret.end()}, 0};
  record.recovery.push_back(*recovery_digest(record.user, kRecovery));
  return record;
}

class JudgeProof : public testing::Test {
 protected:
  ProofOutcome offer(const std::string& code, std::int64_t second, const std::string& method = "totp") {
    auto judgement = judge_proof(methods_, {method, code}, record_, at(second));
    record_ = std::move(judgement.record);
    return judgement.outcome;
  }
  ProofMethods methods_ = embedded_proof_methods();
  ProofRecord record_ = enrolled();
};

TEST_F(JudgeProof, AcceptsARightCodeOnceAndForgetsTheFailuresBeforeIt) {
  EXPECT_EQ(offer("000000", 0).result, ProofResult::WrongCode);
  EXPECT_EQ(record_.failures.count, 1U);
  EXPECT_EQ(offer(code_at(0), 1).result, ProofResult::Accepted);
  EXPECT_EQ(record_.failures, FailedAttempts{});
  const auto again = offer(code_at(0), 2);
  EXPECT_EQ(again.result, ProofResult::WrongCode);
  EXPECT_EQ(again.tries_left, 4U);
}

TEST_F(JudgeProof, AcceptsARecoveryCodeOnce) {
  EXPECT_EQ(offer(kRecovery, 0, "recovery").result, ProofResult::Accepted);
  EXPECT_TRUE(record_.recovery.empty());
  EXPECT_EQ(offer(kRecovery, 1, "recovery").result, ProofResult::WrongCode);
}

TEST_F(JudgeProof, LooksAtNothingWhileTheDeviceHasToWait) {
  for (int i = 1; i <= 5; ++i) {
    const auto outcome = offer("000000", i);
    EXPECT_EQ(outcome.result, ProofResult::WrongCode);
    EXPECT_EQ(outcome.tries_left, 5U - static_cast<unsigned>(i));
    EXPECT_EQ(outcome.wait, seconds{i == 5 ? 30 : 0});
  }
  const auto right = offer(code_at(6), 6);
  EXPECT_EQ(right, (ProofOutcome{.result = ProofResult::Wait, .wait = seconds{29}}));
  EXPECT_EQ(offer(kRecovery, 6, "recovery").result, ProofResult::Wait);
  EXPECT_EQ(record_.failures.count, 5U) << "a try that was not looked at is no failure";
  EXPECT_EQ(offer(code_at(35), 35).result, ProofResult::Accepted);
}

TEST_F(JudgeProof, TellsWhoHasNoSecretAndTakesNoCodeOfTheirs) {
  record_.totp.reset();
  EXPECT_EQ(offer(code_at(0), 0).result, ProofResult::NotEnrolled);
  EXPECT_EQ(offer(kRecovery, 0, "recovery").result, ProofResult::NotEnrolled);
  EXPECT_EQ(record_.failures.count, 0U);
}

TEST_F(JudgeProof, RefusesAMethodItDoesNotKnow) {
  EXPECT_EQ(offer(code_at(0), 0, "oidc").result, ProofResult::UnknownMethod);
  EXPECT_EQ(offer(code_at(0), 0, "").result, ProofResult::UnknownMethod);
}

/// A method that a later release adds: nothing else has to change.
class Nod final : public ProofMethod {
 public:
  std::string_view name() const noexcept override { return "nod"; }
  Result<ProofRecord, ProofResult> verify(const ProofAttempt& attempt, const ProofRecord& record,
                                          WallTime /*now*/) const override {
    if (attempt.code != "yes") return fail(ProofResult::WrongCode);
    return record;
  }
};

TEST_F(JudgeProof, AFurtherMethodIsOneMoreElementOfTheList) {
  methods_.push_back(std::make_unique<const Nod>());
  EXPECT_EQ(offer("no", 0, "nod").result, ProofResult::WrongCode);
  EXPECT_EQ(record_.failures.count, 1U);
  EXPECT_EQ(offer("yes", 0, "nod").result, ProofResult::Accepted);
}

TEST(ProofWords, NeverHoldAnythingButWhatToDo) {
  for (int i = 0; i <= static_cast<int>(ProofResult::Unavailable); ++i) {
    const ProofOutcome outcome{static_cast<ProofResult>(i), 0, seconds{90}};
    EXPECT_NE(name_of(outcome.result), "") << i;
    EXPECT_TRUE(words_for(outcome).ends_with('.')) << words_for(outcome);
  }
  EXPECT_NE(words_for({ProofResult::WrongCode, 3, {}}).find("3 tries left"), std::string::npos);
  EXPECT_NE(words_for({ProofResult::Wait, 0, seconds{30}}).find("30 seconds"), std::string::npos);
  EXPECT_NE(words_for({ProofResult::Wait, 0, seconds{3600}}).find("60 minutes"), std::string::npos);
}

/// Any sequence of tries by somebody who knows every code there ever was, at any times, on three devices, with a clock
/// that jumps: no step counts twice, none outside the window, and no device tries before its time.
RC_GTEST_PROP(JudgeProofProperty, NoStepIsAcceptedTwiceNorOutsideItsWindow, ()) {
  const auto methods = embedded_proof_methods();
  ProofRecord shared = enrolled();
  std::map<int, FailedAttempts> devices;
  std::set<std::int64_t> accepted;
  std::int64_t now = 0;
  const auto tries = *rc::gen::inRange(1, 60);
  for (int i = 0; i < tries; ++i) {
    now += *rc::gen::element(0, 0, 1, 7, 30, 31, 90, 4000, -40, -4000);
    const auto step_offset = *rc::gen::inRange(-4, 5);
    const int device = *rc::gen::inRange(0, 3);
    ProofRecord record = shared;
    record.failures = devices[device];
    const auto wait = record.failures.wait(at(now));
    const auto step = totp_step(at(now)) + step_offset;
    const auto judgement = judge_proof(
        methods, {"totp", hotp(as_bytes(kSecret), static_cast<std::uint64_t>(step)).value()}, record, at(now));
    devices[device] = judgement.record.failures;
    if (wait.count() > 0) {
      RC_ASSERT(judgement.outcome.result == ProofResult::Wait);
    }
    if (judgement.outcome.result == ProofResult::Accepted) {
      shared = judgement.record;
      const auto used = shared.totp->used;
      RC_ASSERT(accepted.insert(used).second);
      RC_ASSERT(used == *accepted.rbegin());
      RC_ASSERT(used >= totp_step(at(now)) - 1 && used <= totp_step(at(now)) + 1);
    } else {
      RC_ASSERT(judgement.record.totp == record.totp);
      RC_ASSERT(judgement.record.recovery == record.recovery);
    }
  }
}

}  // namespace
}  // namespace sallyport
