#include "client/session/client_events.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

DeniedNotice denied(const std::string& to) {
  DeniedNotice notice;
  notice.to = to;
  return notice;
}

TEST(ClientEvents, ComeInOrder) {
  ClientEvents events;
  EXPECT_FALSE(events.poll());
  events.offer(denied("a"));
  events.add(RoutesChanged{});
  EXPECT_EQ(std::get<DeniedNotice>(*events.poll()).to, "a");
  EXPECT_TRUE(std::holds_alternative<RoutesChanged>(*events.poll()));
  EXPECT_FALSE(events.poll());
}

TEST(ClientEvents, AreBoundedWhereTheGatewayCouldSendThemWithoutEnd) {
  ClientEvents events;
  for (std::size_t i = 0; i < ClientEvents::kMost + 3; ++i) events.offer(denied("a"));
  EXPECT_EQ(events.lost(), 3U);
  events.add(RoutesChanged{});
  for (std::size_t i = 0; i < ClientEvents::kMost; ++i) ASSERT_TRUE(events.poll());
  EXPECT_TRUE(std::holds_alternative<RoutesChanged>(*events.poll())) << "what must be told is told";
}

TEST(ClientEvents, LeaveOutWhatSomethingNewerReplaces) {
  ClientEvents events;
  events.add(RoutesChanged{});
  events.offer(denied("a"));
  events.drop<RoutesChanged>();
  EXPECT_TRUE(std::holds_alternative<DeniedNotice>(*events.poll()));
  EXPECT_FALSE(events.poll());
}

}  // namespace
}  // namespace sallyport
