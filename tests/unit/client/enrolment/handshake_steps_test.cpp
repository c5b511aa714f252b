#include "client/enrolment/handshake_steps.hpp"

#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace sallyport {
namespace {

using std::chrono::milliseconds;

/// A key on a token that is thinking, and then turns out to be gone.
class AbsentKey final : public RemoteKey {
 public:
  explicit AbsentKey(PublicKey key) : RemoteKey{std::move(key)} {}
  mutable std::atomic<bool> is_asked = false;
  std::atomic<bool> may_answer = false;

 private:
  [[nodiscard]] Result<ByteBuffer, PkiError> operate(Bytes /*input*/) const override {
    is_asked = true;
    while (!may_answer) std::this_thread::sleep_for(milliseconds{1});
    return fail(PkiError{PkiProblem::TokenAbsent, "it was pulled out"});
  }
};

class HandshakeStepsTest : public testing::Test {
 protected:
  HandshakeStepsTest() {
    auto credentials = Credentials::make(device_.certificate_pem, key_);
    const auto context =
        ClientContext::make(pki_.client_trust(), std::make_shared<const Credentials>(std::move(*credentials)));
    client_ = std::move(*Engine::connect(*context, "vpn.example.com", wall_now()));
    EXPECT_FALSE(*client_->handshake());
    server_->feed(client_->outbox());
    EXPECT_FALSE(*server_->handshake());
    client_->outbox().clear();
  }

  const TestPki pki_;
  const TestIdentity device_ = pki_.device();
  const std::shared_ptr<AbsentKey> key_ = std::make_shared<AbsentKey>(device_.key.public_key());
  const ServerContext gateway_ = pki_.server();
  std::unique_ptr<Engine> server_ = std::move(*Engine::accept(gateway_, wall_now()));
  std::shared_ptr<Engine> client_;
};

TEST_F(HandshakeStepsTest, LetTheLoopGoOnWhileTheKeyIsAsked) {
  Loop loop;
  BlockingThread thread{loop, "under-test"};
  HandshakeSteps steps{client_, &thread, [&] { loop.stop(); }};
  ASSERT_FALSE(steps.take(server_->outbox())) << "done on the loop's own thread";
  EXPECT_TRUE(steps.is_engine_away());
  int turns = 0;
  Timer timer{loop, [&] {
                if (key_->is_asked && ++turns == 20) key_->may_answer = true;
                timer.arm(milliseconds{2});
              }};
  timer.arm(milliseconds{2});
  loop.run();
  EXPECT_EQ(turns, 20);
  EXPECT_FALSE(steps.is_engine_away());
  const auto outcome = steps.outcome();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().fault, TlsFault::OwnKey);
  EXPECT_EQ(outcome.error().key_problem, PkiProblem::TokenAbsent);
  EXPECT_EQ(outcome.error().words, "it was pulled out");
}

TEST_F(HandshakeStepsTest, AreDoneAtOnceWithoutAThread) {
  key_->may_answer = true;
  HandshakeSteps steps{client_, nullptr, [] { ADD_FAILURE() << "nothing was under way"; }};
  const auto outcome = steps.take(server_->outbox());
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(*outcome);
}

TEST_F(HandshakeStepsTest, MayBeForgottenWhileTheKeyIsAsked) {
  Loop loop;
  BlockingThread thread{loop, "under-test"};
  {
    HandshakeSteps steps{client_, &thread, [] { ADD_FAILURE() << "told after its end"; }};
    ASSERT_FALSE(steps.take(server_->outbox()));
    while (!key_->is_asked) std::this_thread::sleep_for(milliseconds{1});
  }
  client_.reset();
  key_->may_answer = true;
  for (int i = 0; i < 20; ++i) {
    loop.run_once();
    std::this_thread::sleep_for(milliseconds{2});
  }
}

}  // namespace
}  // namespace sallyport
