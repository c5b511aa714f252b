#include "server/gateway/decision_keeper.hpp"

#include "tests/support/temporary_directory.hpp"
#include "tests/unit/server/record/records.hpp"

#include <sys/resource.h>

#include <csignal>
#include <fstream>

namespace sallyport {
namespace {

using namespace test;
using namespace std::chrono_literals;

class CountingSink : public LogSink {
 public:
  explicit CountingSink(std::size_t& count) : count_{count} {}
  void write(const LogRecord&) override { ++count_; }

 private:
  std::size_t& count_;
};

class DecisionKeeperTest : public testing::Test {
 protected:
  DecisionRecord record(std::chrono::seconds later = 0s) {
    return judged(policy_of(kWebPolicy), ana(), web(), morning() + later);
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.file("decisions.jsonl");
  std::size_t complaints_ = 0;
  Log log_{std::make_unique<CountingSink>(complaints_)};
  DecisionKeeper keeper_{log_};
};

TEST_F(DecisionKeeperTest, KeepsNothingWithoutAPath) {
  ASSERT_TRUE(keeper_.open(""));
  EXPECT_FALSE(keeper_.is_open());
  keeper_.keep(record());
  EXPECT_EQ(keeper_.written(), 0U);
  EXPECT_EQ(keeper_.lost(), 0U);
}

TEST_F(DecisionKeeperTest, CountsWhatItWroteAndWhatOthersLost) {
  ASSERT_TRUE(keeper_.open(path_));
  keeper_.keep(record());
  keeper_.keep(record());
  keeper_.lose(5);
  EXPECT_EQ(keeper_.written(), 2U);
  EXPECT_EQ(keeper_.lost(), 5U);
}

TEST_F(DecisionKeeperTest, RefusesAFileThatOthersMayRead) {
  std::ofstream{path_} << "";
  ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
  EXPECT_FALSE(keeper_.open(path_));
}

/// A disk that is full: no file may grow.
class FullDisk {
 public:
  FullDisk() {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

TEST_F(DecisionKeeperTest, ComplainsOnceAMinuteOfADiskThatIsFull) {
  ASSERT_TRUE(keeper_.open(path_));
  {
    const FullDisk full;
    for (int i = 0; i < 59; ++i) keeper_.keep(record(std::chrono::seconds{i}));
  }
  EXPECT_EQ(keeper_.lost(), 59U);
  EXPECT_EQ(complaints_, 1U);
  keeper_.keep(record(60s));
  EXPECT_EQ(keeper_.written(), 1U);
}

}  // namespace
}  // namespace sallyport
