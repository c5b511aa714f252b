#include "client/daemon/posture_collection.hpp"

#include "tests/support/run_for.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace sallyport {
namespace {

using std::chrono::steady_clock;

/// A system whose parts can be held up.
class SlowSystem final : public PostureSource {
 public:
  [[nodiscard]] Posture collect(const std::vector<std::string>& processes) const override {
    ++collections;
    wait_while(hold_system);
    Posture posture;
    posture.os = "debian";
    for (const auto& name : processes) posture.processes.emplace(name, true);
    return posture;
  }
  [[nodiscard]] PostureAnswers look_for(const std::vector<std::string>& files) const override {
    PostureAnswers answers;
    if (files.empty()) return answers;
    wait_while(hold_files);
    for (const auto& path : files) answers.emplace(path, true);
    return answers;
  }
  void hold(bool& what, bool held) {
    {
      const std::lock_guard lock{mutex_};
      what = held;
    }
    changed_.notify_all();
  }

  bool hold_system = false;
  bool hold_files = false;
  mutable std::atomic<int> collections = 0;

 private:
  void wait_while(const bool& held) const {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return !held; });
  }
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
};

class PostureCollectionTest : public testing::Test {
 protected:
  ~PostureCollectionTest() override {
    system->hold(system->hold_system, false);
    system->hold(system->hold_files, false);
  }
  Posture collect(const PostureWants& asked) {
    Posture found;
    collection.start(asked, [&](Posture posture) {
      found = std::move(posture);
      loop.stop();
    });
    loop.run();
    return found;
  }

  std::shared_ptr<SlowSystem> system = std::make_shared<SlowSystem>();
  Loop loop;
  PostureCollection collection{loop, system};
  const PostureWants wants{{"falcon-sensor"}, {"/etc/corp/managed"}};
};

TEST_F(PostureCollectionTest, BringsWhatTheSystemSays) {
  const auto posture = collect(wants);
  EXPECT_EQ(posture.os, "debian");
  EXPECT_EQ(posture.processes, (PostureAnswers{{"falcon-sensor", true}}));
  EXPECT_EQ(posture.files, (PostureAnswers{{"/etc/corp/managed", true}}));
}

TEST_F(PostureCollectionTest, LooksAtNothingBeforeItIsTime) {
  constexpr std::chrono::milliseconds kWait{100};
  const auto before = steady_clock::now();
  collection.start(
      wants, [&](const Posture&) { loop.stop(); }, kWait);
  int collected_early = -1;
  Timer look{loop, [&] { collected_early = system->collections; }};
  look.arm(kWait / 4);
  loop.run();
  EXPECT_EQ(collected_early, 0);
  EXPECT_EQ(system->collections, 1);
  EXPECT_GE(steady_clock::now() - before, kWait);
}

TEST_F(PostureCollectionTest, KeepsTheLoopRunningWhileItWorks) {
  system->hold(system->hold_system, true);
  int ticks = 0;
  Timer tick{loop, [&] {
               if (++ticks == 20) system->hold(system->hold_system, false);
               tick.arm(std::chrono::milliseconds{5});
             }};
  tick.arm(std::chrono::milliseconds{5});
  (void)collect(wants);
  EXPECT_GE(ticks, 20);
}

TEST_F(PostureCollectionTest, AnswersWithoutTheFilesOfAFileSystemThatHangsAndAsksItNoMore) {
  system->hold(system->hold_files, true);
  const auto before = steady_clock::now();
  auto posture = collect(wants);
  EXPECT_LT(steady_clock::now() - before, std::chrono::seconds{8});
  EXPECT_EQ(posture.os, "debian");
  EXPECT_EQ(posture.files, (PostureAnswers{{"/etc/corp/managed", std::nullopt}}));
  const auto again = steady_clock::now();
  posture = collect(wants);
  EXPECT_LT(steady_clock::now() - again, std::chrono::seconds{3}) << "what hangs is not asked again";
  EXPECT_EQ(posture.os, "debian");
  EXPECT_EQ(posture.files, (PostureAnswers{{"/etc/corp/managed", std::nullopt}}));
  system->hold(system->hold_files, false);
  posture = collect(wants);
  EXPECT_EQ(posture.files, (PostureAnswers{{"/etc/corp/managed", true}})) << "it answers again";
}

TEST_F(PostureCollectionTest, AFloodOfQuestionsIsAnsweredTwiceASecondOnTheLongRun) {
  int answers = 0;
  int asked = 0;
  Timer flood{loop, [&] {
                if (++asked == 500) return loop.stop();
                collection.start(wants, [&](const Posture&) { ++answers; });
                flood.arm(std::chrono::milliseconds{1});
              }};
  const auto begun = steady_clock::now();
  flood.arm(std::chrono::milliseconds{1});
  loop.run();
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(steady_clock::now() - begun).count();
  EXPECT_LE(system->collections, 4 + 2 * seconds) << "four at once, and two a second";
  EXPECT_LE(answers, 4 + 2 * seconds);
}

TEST_F(PostureCollectionTest, NobodyIsCalledAfterCancelling) {
  bool called = false;
  collection.start(wants, [&](const Posture&) { called = true; });
  collection.cancel();
  test::run_for(loop, std::chrono::milliseconds{100});
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace sallyport
