#include "client/daemon/posture_vigil.hpp"

#include "common/base/file_descriptor.hpp"
#include "tests/support/log_sinks.hpp"
#include "tests/support/run_for.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <atomic>

namespace sallyport {
namespace {

using std::chrono::milliseconds;

/// A system that a test changes and that tells of it when the test says so.
class TellingSystem final : public PostureSource {
 public:
  class Watch final : public PostureWatch {
   public:
    explicit Watch(TellingSystem& system) : system_{system} {}
    [[nodiscard]] int fd() const noexcept override { return system_.stirred.get(); }
    [[nodiscard]] Stir take() override {
      eventfd_t count = 0;
      (void)::eventfd_read(system_.stirred.get(), &count);
      return {true, {}};
    }
    void follow(const PostureWants& wants) override { system_.followed.push_back(wants); }
    void rest() override { ++system_.rests; }

   private:
    TellingSystem& system_;
  };

  [[nodiscard]] Posture collect(const std::vector<std::string>& /*processes*/) const override {
    ++looks;
    Posture posture;
    posture.os = healthy ? "healthy" : "sick";
    return posture;
  }
  [[nodiscard]] PostureAnswers look_for(const std::vector<std::string>& /*files*/) const override { return {}; }
  [[nodiscard]] std::unique_ptr<PostureWatch> watch() const override {
    return tells ? std::make_unique<Watch>(const_cast<TellingSystem&>(*this)) : nullptr;
  }
  void stir() const { ::eventfd_write(stirred.get(), 1); }

  FileDescriptor stirred{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  bool tells = true;
  std::atomic<bool> healthy = true;
  mutable std::atomic<int> looks = 0;
  std::vector<PostureWants> followed;
  int rests = 0;
};

class PostureVigilTest : public testing::Test {
 protected:
  std::string body(const std::string& os) const {
    Posture posture;
    posture.os = os;
    for (const auto& path : wants.files) posture.files.emplace(path, std::nullopt);
    return posture_body(posture);
  }
  void run_for(milliseconds time) { test::run_for(loop, time); }

  Loop loop;
  Log log{std::make_unique<test::SilentSink>()};
  std::shared_ptr<TellingSystem> system = std::make_shared<TellingSystem>();
  int told = 0;
  const PostureWants wants{{}, {"/etc/corp/managed"}};
  PostureVigil vigil{loop, log, system, [this] { ++told; }};
};

TEST_F(PostureVigilTest, TellsWhenWhatItWouldReportIsAnotherThingThanItReported) {
  vigil.note_report(wants, body("healthy"));
  EXPECT_EQ(system->followed, std::vector<PostureWants>{wants});
  system->stir();
  run_for(milliseconds{100});
  EXPECT_EQ(system->looks, 1);
  EXPECT_EQ(told, 0);
  system->healthy = false;
  system->stir();
  run_for(milliseconds{800});
  EXPECT_EQ(told, 1);
  system->stir();
  run_for(milliseconds{400});
  EXPECT_EQ(told, 1) << "it waits for the question";
  vigil.note_report(wants, body("sick"));
  system->healthy = true;
  system->stir();
  run_for(milliseconds{800});
  EXPECT_EQ(told, 2) << "healing is told too";
  EXPECT_EQ(system->followed.size(), 1U) << "the names are the same";
}

TEST_F(PostureVigilTest, RestsWithoutASessionAndFollowsTheNamesOfTheNextOne) {
  system->stir();
  run_for(milliseconds{50});
  EXPECT_EQ(system->looks, 0) << "nothing was reported yet";
  vigil.note_report(wants, body("healthy"));
  vigil.rest();
  EXPECT_EQ(system->rests, 1);
  system->healthy = false;
  system->stir();
  run_for(milliseconds{400});
  EXPECT_EQ(told, 0);
  vigil.note_report({{"sensor"}, {}}, body("sick"));
  EXPECT_EQ(system->followed.size(), 2U);
}

TEST_F(PostureVigilTest, ASystemThatTellsNothingIsLeftToTheQuestionsOfTheGateway) {
  system->tells = false;
  vigil.note_report(wants, body("healthy"));
  system->healthy = false;
  run_for(milliseconds{400});
  EXPECT_EQ(system->looks, 0);
  vigil.rest();
}

}  // namespace
}  // namespace sallyport
