#include "common/uv/blocking_thread.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class BlockingThreadTest : public testing::Test {
 protected:
  /// Blocks the thread until release().
  std::function<void()> blocker() {
    return [gate = gate_] {
      while (!*gate) std::this_thread::sleep_for(milliseconds{1});
    };
  }
  void release() { *gate_ = true; }

  std::shared_ptr<std::atomic<bool>> gate_ = std::make_shared<std::atomic<bool>>(false);
  Loop loop_;
  std::optional<BlockingThread> thread_{std::in_place, loop_, "under-test"};
  std::vector<BlockingThread::Call> calls_;
};

TEST_F(BlockingThreadTest, DoesOneAfterTheOtherAndTellsTheLoop) {
  std::string order;
  int told = 0;
  for (const char c : {'a', 'b', 'c'}) {
    calls_.push_back(thread_->start([&order, c] { order += c; }, seconds{5},
                                    [&](bool is_done) {
                                      EXPECT_TRUE(is_done);
                                      if (++told == 3) loop_.stop();
                                    }));
  }
  EXPECT_EQ(told, 0) << "never from start()";
  loop_.run();
  EXPECT_EQ(order, "abc");
}

TEST_F(BlockingThreadTest, LetsTheLoopGoOnWhileACallBlocks) {
  int turns = 0;
  bool is_done = false;
  calls_.push_back(thread_->start(blocker(), seconds{5}, [&](bool done) {
    is_done = done;
    loop_.stop();
  }));
  Timer timer{loop_, [&] {
                if (++turns == 20) return release();
                timer.arm(milliseconds{2});
              }};
  timer.arm(milliseconds{2});
  loop_.run();
  EXPECT_TRUE(is_done);
  EXPECT_EQ(turns, 20);
}

TEST_F(BlockingThreadTest, GivesUpOnACallThatHangsAndOnThoseBehindIt) {
  std::vector<bool> told;
  bool has_run = false;
  calls_.push_back(thread_->start(blocker(), milliseconds{20}, [&](bool done) { told.push_back(done); }));
  calls_.push_back(thread_->start([&] { has_run = true; }, milliseconds{40},
                                  [&](bool done) {
                                    told.push_back(done);
                                    loop_.stop();
                                  }));
  loop_.run();
  EXPECT_EQ(told, (std::vector<bool>{false, false}));
  release();
  bool is_done = false;
  calls_.push_back(thread_->start([] {}, seconds{5},
                                  [&](bool done) {
                                    is_done = done;
                                    loop_.stop();
                                  }));
  loop_.run();
  EXPECT_TRUE(is_done) << "it comes back with the call that hung";
  EXPECT_FALSE(has_run) << "nobody waits for it any more";
}

TEST_F(BlockingThreadTest, ForgetsWhatNobodyWaitsFor) {
  bool has_run = false;
  bool was_told = false;
  calls_.push_back(thread_->start(blocker(), seconds{5}, [&](bool) { was_told = true; }));
  auto dropped = std::optional{thread_->start([&] { has_run = true; }, seconds{5}, [&](bool) { was_told = true; })};
  dropped.reset();
  calls_.clear();
  release();
  calls_.push_back(thread_->start([] {}, seconds{5}, [&](bool) { loop_.stop(); }));
  loop_.run();
  EXPECT_FALSE(has_run);
  EXPECT_FALSE(was_told);
}

TEST_F(BlockingThreadTest, TakesNoMoreThanCanWait) {
  calls_.push_back(thread_->start(blocker(), seconds{5}, [](bool) {}));
  std::size_t refused = 0;
  for (std::size_t i = 0; i < BlockingThread::kMaxWaiting + 3; ++i) {
    calls_.push_back(thread_->start([] {}, seconds{5},
                                    [&](bool done) {
                                      refused += done ? 0 : 1;
                                      if (refused == 2) loop_.stop();
                                    }));
  }
  loop_.run();
  EXPECT_GE(refused, 2U);
  release();
}

TEST_F(BlockingThreadTest, EndsWhileACallHangs) {
  calls_.push_back(thread_->start(blocker(), seconds{5}, [](bool) { ADD_FAILURE() << "told after its end"; }));
  const auto begun = std::chrono::steady_clock::now();
  thread_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, seconds{4});
  release();
}

}  // namespace
}  // namespace sallyport
