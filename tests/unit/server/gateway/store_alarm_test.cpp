#include "server/gateway/store_alarm.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sallyport {
namespace {

class Words final : public LogSink {
 public:
  explicit Words(std::vector<std::string>& words) : words_{words} {}
  void write(const LogRecord& record) override { words_.emplace_back(record.words); }

 private:
  std::vector<std::string>& words_;
};

TEST(StoreAlarm, SaysOnceAMinuteWhatFailsAndWhatFollowsFromIt) {
  std::vector<std::string> words;
  Log log{std::make_unique<Words>(words)};
  StoreAlarm alarm{log};
  const StoreError error{.problem = StoreProblem::Unusable, .words = "the disk is gone"};
  const WallTime now{std::chrono::hours{1000}};
  for (int i = 0; i < 59; ++i) alarm.tell(error, now + std::chrono::seconds{i}, "; no device can connect");
  ASSERT_EQ(words.size(), 1U);
  EXPECT_NE(words.front().find("the disk is gone"), std::string::npos);
  EXPECT_TRUE(words.front().ends_with("; no device can connect"));
  alarm.tell(error, now + std::chrono::seconds{60});
  EXPECT_EQ(words.size(), 2U);
}

}  // namespace
}  // namespace sallyport
