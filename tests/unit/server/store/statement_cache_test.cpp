#include "server/store/database.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

class StatementCacheTest : public testing::Test {
 protected:
  StatementCacheTest() {
    EXPECT_TRUE(database_.run("CREATE TABLE t (n INTEGER UNIQUE); INSERT INTO t VALUES (1), (2), (3)"));
  }
  Database database_ = std::move(*Database::in_memory());
};

TEST_F(StatementCacheTest, AStatementThatIsUsedAgainBeginsAnewWithNothingBound) {
  constexpr auto kQuery = "SELECT n FROM t WHERE n >= ifnull(?, 0) ORDER BY n";
  {
    auto first = database_.prepare(kQuery);
    ASSERT_TRUE(first->bind(0, std::int64_t{2}).step().value());
    EXPECT_EQ(first->integer(0), 2);
  }
  auto again = database_.prepare(kQuery);
  ASSERT_TRUE(again->step().value());
  EXPECT_EQ(again->integer(0), 1);
}

TEST_F(StatementCacheTest, TheSameWordsCanBeUsedTwiceAtTheSameTime) {
  auto one = database_.prepare("SELECT n FROM t ORDER BY n");
  auto other = database_.prepare("SELECT n FROM t ORDER BY n");
  ASSERT_TRUE(one->step().value());
  ASSERT_TRUE(other->step().value());
  ASSERT_TRUE(one->step().value());
  EXPECT_EQ(one->integer(0), 2);
  EXPECT_EQ(other->integer(0), 1);
}

TEST_F(StatementCacheTest, WhatFailedOrMeetsAnotherSchemaIsPreparedAnew) {
  constexpr auto kInsert = "INSERT INTO t VALUES (?)";
  EXPECT_FALSE(database_.prepare(kInsert)->bind(0, std::int64_t{1}).run());
  EXPECT_TRUE(database_.prepare(kInsert)->bind(0, std::int64_t{4}).run());
  ASSERT_TRUE(database_.run("ALTER TABLE t ADD COLUMN m INTEGER DEFAULT 7"));
  EXPECT_FALSE(database_.prepare(kInsert)->bind(0, std::int64_t{5}).run()) << "a value is missing";
  auto all = database_.prepare("SELECT * FROM t WHERE n = 4");
  ASSERT_TRUE(all->step().value());
  EXPECT_EQ(all->integer(1), 7);
}

}  // namespace
}  // namespace sallyport
