#include "server/gateway/revocation_desk.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::seconds;

WallTime at(int second) { return WallTime{seconds{1'800'000'000 + second}}; }

class RevocationSources : public testing::Test {
 protected:
  RevocationSources() { round_ = desk_.begin({source("http://a/"), source("http://b/")}, 0); }
  static ListSource source(const std::string& place) { return {.authority = "corp", .place = place}; }
  SourceReport report(SourceOutcome outcome, int second, std::string error = {}) const {
    return {.round = round_,
            .source = 0,
            .outcome = outcome,
            .error = std::move(error),
            .at = at(second),
            .next_try = at(second + 60)};
  }
  RevocationDesk::Source& first() { return *desk_.find(report(SourceOutcome::Failed, 0)); }

  RevocationDesk desk_;
  std::uint64_t round_ = 0;
};

TEST_F(RevocationSources, TellsOfAFailureOnceAndOfItsEnd) {
  EXPECT_TRUE(RevocationDesk::note(first(), report(SourceOutcome::Failed, 1, "no route")));
  EXPECT_FALSE(RevocationDesk::note(first(), report(SourceOutcome::Failed, 2, "no route")));
  EXPECT_TRUE(RevocationDesk::note(first(), report(SourceOutcome::Failed, 3, "HTTP 500"))) << "another one";
  EXPECT_TRUE(RevocationDesk::note(first(), report(SourceOutcome::Unchanged, 4)));
  EXPECT_EQ(first().error, "");
  EXPECT_EQ(first().failed, 3U);
  EXPECT_EQ(first().last_good, at(4));
  EXPECT_EQ(first().next_try, at(64));
}

TEST_F(RevocationSources, ABadListStaysBadUntilAnotherCame) {
  EXPECT_FALSE(RevocationDesk::note(first(), report(SourceOutcome::Content, 1)));
  EXPECT_TRUE(RevocationDesk::settle(first(), report(SourceOutcome::Content, 1), "forged"));
  EXPECT_FALSE(RevocationDesk::note(first(), report(SourceOutcome::Unchanged, 2)));
  EXPECT_EQ(first().error, "forged");
  EXPECT_FALSE(first().last_good);
  EXPECT_TRUE(RevocationDesk::settle(first(), report(SourceOutcome::Content, 3), ""));
  EXPECT_EQ(first().last_good, at(3));
  EXPECT_EQ(first().refused, 1U);
}

TEST_F(RevocationSources, KnowsReportsOfAnEarlierRound) {
  const auto old = report(SourceOutcome::Unchanged, 1);
  (void)RevocationDesk::note(first(), old);
  round_ = desk_.begin({source("http://b/"), source("http://a/")}, 5);
  EXPECT_EQ(desk_.find(old), nullptr);
  EXPECT_EQ(desk_.sources()[1].unchanged, 1U) << "what stays keeps its counts";
  EXPECT_EQ(desk_.sources()[0].allow_stranding, 5U);
  auto beyond = report(SourceOutcome::Failed, 1);
  beyond.source = 2;
  EXPECT_EQ(desk_.find(beyond), nullptr);
}

}  // namespace
}  // namespace sallyport
