#include "client/daemon/access.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

constexpr uid_t kRoot = 0;
constexpr uid_t kDaemon = 900;
constexpr uid_t kMember = 1000;
constexpr uid_t kStranger = 1001;
constexpr uid_t kNobody = 65534;

struct Row {
  const char* name;
  uid_t peer;
  bool allowed;
};

class AccessOf : public testing::TestWithParam<Row> {};

TEST_P(AccessOf, IsTheSameForEveryVerb) {
  const Access access{kDaemon, [](uid_t uid) { return uid == kMember; }};
  for (const Verb verb : {Verb::Up, Verb::Down, Verb::Status, Verb::Why, Verb::Login, Verb::Posture, Verb::Unlock}) {
    EXPECT_EQ(access.allows(GetParam().peer, verb), GetParam().allowed) << static_cast<int>(verb);
  }
}

INSTANTIATE_TEST_SUITE_P(Table, AccessOf,
                         testing::Values(Row{"Root", kRoot, true}, Row{"TheDaemonItself", kDaemon, true},
                                         Row{"AMember", kMember, true}, Row{"AStranger", kStranger, false},
                                         Row{"Nobody", kNobody, false}, Row{"NoUser", static_cast<uid_t>(-1), false}),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(Access, IsAskedAnewEachTime) {
  bool member = true;
  const Access access{kDaemon, [&](uid_t) { return member; }};
  EXPECT_TRUE(access.allows(kMember, Verb::Status));
  member = false;
  EXPECT_FALSE(access.allows(kMember, Verb::Status));
}

TEST(Access, KnowsNoVerbsBesidesTheFour) {
  EXPECT_EQ(parse_verb("up"), Verb::Up);
  EXPECT_EQ(parse_verb("down"), Verb::Down);
  EXPECT_EQ(parse_verb("status"), Verb::Status);
  EXPECT_EQ(parse_verb("why"), Verb::Why);
  for (const char* text : {"", "UP", "up ", "exec", "reload"}) EXPECT_FALSE(parse_verb(text)) << text;
}

TEST(UserDatabase, PutsRootIntoTheGroupOfRoot) { EXPECT_TRUE(is_member(0, 0)); }

TEST(UserDatabase, KnowsNothingOfUnknownUsers) { EXPECT_FALSE(is_member(4'000'000'000U, 0)); }

}  // namespace
}  // namespace sallyport
