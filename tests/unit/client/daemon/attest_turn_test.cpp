#include "client/daemon/attest_turn.hpp"

#include "tests/support/run_for.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace sallyport {
namespace {

using std::chrono::milliseconds;

class CalmSystem final : public PostureSource {
 public:
  [[nodiscard]] Posture collect(const std::vector<std::string>& processes) const override {
    Posture posture;
    posture.os = "debian";
    for (const auto& name : processes) posture.processes.emplace(name, true);
    return posture;
  }
  [[nodiscard]] PostureAnswers look_for(const std::vector<std::string>& /*files*/) const override { return {}; }
};

/// On a token that was pulled.
class AbsentKey final : public RemoteKey {
 public:
  explicit AbsentKey(const PublicKey& key) : RemoteKey{key} {}

 private:
  [[nodiscard]] Result<ByteBuffer, PkiError> operate(Bytes /*input*/) const override {
    return fail(PkiError{PkiProblem::TokenAbsent, "the token is not there"});
  }
};

class AttestTurnTest : public testing::Test {
 protected:
  AttestTurn::Question question(std::byte nonce, PostureWants wants = {}) const {
    AttestTurn::Question asked{credentials_, {}, {}, std::move(wants)};
    asked.channel.fill(std::byte{7});
    asked.challenge.nonce.fill(nonce);
    asked.challenge.session = 12;
    return asked;
  }
  void run_for(milliseconds time) { test::run_for(loop_, time); }
  /// Until one more answer is here.
  void run() { test::run_for(loop_, std::chrono::seconds{20}); }

  Loop loop_;
  TestPki pki_;
  TestIdentity device_ = pki_.device();
  std::shared_ptr<const Credentials> credentials_ = device_.credentials();
  std::optional<ProofAttempt> code_;
  std::vector<AttestTurn::Signed> answers_;
  BlockingThread key_thread_{loop_, "device-key"};
  AttestTurn turn_{loop_, std::make_shared<CalmSystem>(), key_thread_, [this] { return std::exchange(code_, {}); },
                   [this](AttestTurn::Signed done) {
                     answers_.push_back(std::move(done));
                     loop_.stop();
                   }};
};

TEST_F(AttestTurnTest, SignsWhatTheSystemSaysForThisChannelAndChallenge) {
  const auto asked = question(std::byte{1}, {{"falcon-sensor"}, {}});
  turn_.begin(asked);
  EXPECT_TRUE(answers_.empty()) << "never at once";
  run();
  ASSERT_EQ(answers_.size(), 1U);
  const auto& done = answers_.front();
  ASSERT_TRUE(done.answer) << done.answer.error().words;
  EXPECT_EQ(done.nonce, asked.challenge.nonce);
  EXPECT_FALSE(done.has_code);
  EXPECT_EQ(done.answer->body, done.report);
  EXPECT_NE(done.report.find("debian"), std::string::npos) << done.report;
  EXPECT_NE(done.report.find("falcon-sensor"), std::string::npos) << done.report;
  EXPECT_TRUE(device_.info.key.verify(attestation_algorithm_of(device_.info.key.kind()),
                                      attestation_message(asked.channel, asked.challenge, done.answer->body),
                                      done.answer->signature));
}

TEST_F(AttestTurnTest, TakesACodeAlongOnceAndKeepsItOutOfTheReport) {
  code_ = ProofAttempt{"totp", "123456"};
  turn_.begin(question(std::byte{1}));
  run();
  turn_.begin(question(std::byte{2}));
  run();
  ASSERT_EQ(answers_.size(), 2U);
  EXPECT_TRUE(answers_[0].has_code);
  EXPECT_NE(answers_[0].answer->body.find("123456"), std::string::npos);
  EXPECT_EQ(answers_[0].report.find("123456"), std::string::npos);
  EXPECT_FALSE(answers_[1].has_code);
  EXPECT_EQ(answers_[1].answer->body, answers_[1].report);
}

TEST_F(AttestTurnTest, AnswersTheNewestOfSeveralChallenges) {
  turn_.begin(question(std::byte{1}));
  turn_.begin(question(std::byte{2}));
  run();
  run_for(milliseconds{100});
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_.front().nonce, question(std::byte{2}).challenge.nonce);
}

TEST_F(AttestTurnTest, SaysWhyTheKeyCannotSign) {
  const auto key = std::make_shared<AbsentKey>(device_.info.key);
  credentials_ = std::make_shared<const Credentials>(std::move(*Credentials::make(device_.certificate_pem, key)));
  code_ = ProofAttempt{"totp", "123456"};
  turn_.begin(question(std::byte{1}));
  run();
  ASSERT_EQ(answers_.size(), 1U);
  ASSERT_FALSE(answers_.front().answer);
  EXPECT_EQ(answers_.front().answer.error().problem, PkiProblem::TokenAbsent);
  EXPECT_TRUE(answers_.front().has_code) << "its person is to be told";
}

TEST_F(AttestTurnTest, CallsNobodyOnceItsSessionIsOver) {
  turn_.begin(question(std::byte{1}));
  turn_.cancel();
  run_for(milliseconds{200});
  EXPECT_TRUE(answers_.empty());
}

}  // namespace
}  // namespace sallyport
