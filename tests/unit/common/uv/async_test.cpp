#include "common/uv/async.hpp"

#include "common/uv/loop_thread.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <ctime>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

TEST(Async, WakesTheLoopOfAnotherThread) {
  Loop loop;
  std::thread::id woken_on;
  Async async{loop, [&] {
                woken_on = std::this_thread::get_id();
                loop.stop();
              }};
  std::thread{[&async] { async.send(); }}.join();
  loop.run();
  EXPECT_EQ(woken_on, std::this_thread::get_id());
}

TEST(Async, WakesOnceForAllThatWasSentBefore) {
  Loop loop;
  int wakes = 0;
  Async async{loop, [&wakes] { ++wakes; }};
  for (int i = 0; i < 3; ++i) async.send();
  loop.run_once();
  loop.run_once();
  EXPECT_EQ(wakes, 1);
  async.send();
  loop.run_once();
  EXPECT_EQ(wakes, 2);
}

TEST(Async, MayBeDestroyedByItsOwnCallback) {
  Loop loop;
  std::optional<Async> async;
  async.emplace(loop, [&async] { async.reset(); });
  async->send();
  loop.run();
  EXPECT_FALSE(async);
  EXPECT_TRUE(loop.close());
}

std::chrono::nanoseconds processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

/// What a loop spends between the first and the last of `kWakes` wake-ups that take the processor from their sender.
class Interruption {
 public:
  static constexpr int kWakes = 20;

  /// Runs on a thread of its own: what it sets of the calling thread stays set.
  void run() {
    const auto end = std::chrono::steady_clock::now() + 20s;
    stay_on_this_processor();
    receiver_.start();
    for (int sent = 1; sent <= kWakes; ++sent) {
      async_.send();
      while (wakes_ < sent && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
      if (sent == 1 && !is_ahead_) give_way();
    }
    receiver_.stop();
  }
  [[nodiscard]] int wakes() const noexcept { return wakes_; }
  [[nodiscard]] std::chrono::nanoseconds spent() const noexcept { return last_ - first_; }

 private:
  static void stay_on_this_processor() {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(static_cast<unsigned>(::sched_getcpu()), &only);
    ::sched_setaffinity(0, sizeof only, &only);
  }
  static void give_way() {
    const sched_param parameters{};
    ::sched_setscheduler(0, SCHED_IDLE, &parameters);
  }
  void on_wake() {
    last_ = processor_time();
    if (wakes_ == 0) {
      first_ = last_;
      sched_param parameters{};
      parameters.sched_priority = 1;
      is_ahead_ = ::sched_setscheduler(0, SCHED_FIFO, &parameters) == 0;
    }
    ++wakes_;
  }

  LoopThread receiver_{"receiver"};
  std::atomic<int> wakes_{0};
  std::atomic<bool> is_ahead_{false};
  std::chrono::nanoseconds first_{};
  std::chrono::nanoseconds last_{};
  Async async_{receiver_.loop(), [this] { on_wake(); }};
};

TEST(Async, DoesNotLetALoopSpinForTheSenderWhoseProcessorItTook) {
  Interruption interruption;
  std::thread{[&interruption] { interruption.run(); }}.join();
  EXPECT_EQ(interruption.wakes(), Interruption::kWakes);
  EXPECT_LT(interruption.spent(), 5ms);
}

}  // namespace
}  // namespace sallyport
