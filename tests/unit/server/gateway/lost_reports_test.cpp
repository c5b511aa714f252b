#include "server/gateway/lost_reports.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(LostReports, CountWhatAClientCanBringAboutByItsKind) {
  LostReports lost;
  lost.count(report::Decisions{SessionId{1}, std::vector<DecisionEvent>(3)});
  lost.count(report::Denied{SessionId{1}, {}});
  lost.count(report::AttestRefused{SessionId{1}, AttestRefusal::Late});
  lost.count(report::EvidenceRenewed{SessionId{1}, {}});
  lost.count(report::Lost{SessionId{1}, {}, {}, {.decisions = 10, .denials = 20, .shown = 30, .unread = 40}});
  EXPECT_EQ(lost.take_new(), (SessionLosses{.decisions = 13, .denials = 21, .unread = 40}));
  EXPECT_EQ(lost.others.load(), 2U);
  EXPECT_FALSE(lost.take_new().any()) << "told once";
}

TEST(LostReports, KnowWhatMustArrive) {
  EXPECT_FALSE(is_client_made(report::Started{SessionId{1}}));
  EXPECT_FALSE(is_client_made(report::Ended{SessionId{1}, EndReason::Shutdown, {}}));
  EXPECT_FALSE(is_client_made(report::Done{Ticket{1}}));
  EXPECT_TRUE(is_client_made(report::Denied{SessionId{1}, {}}));
}

}  // namespace
}  // namespace sallyport
