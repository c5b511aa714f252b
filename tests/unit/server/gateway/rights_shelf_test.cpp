#include "server/gateway/rights_shelf.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sallyport {
namespace {

RightsShelf::Table table() { return std::make_shared<const RightsTable>(); }

TEST(RightsShelf, HoldsATableThatNobodyElseHolds) {
  RightsShelf shelf;
  auto one = table();
  const std::weak_ptr<const RightsTable> watched = one;
  shelf.keep(std::move(one));
  EXPECT_FALSE(watched.expired());
  shelf.clear();
  EXPECT_TRUE(watched.expired());
  EXPECT_EQ(shelf.octets(), 0U);
}

TEST(RightsShelf, KeepsEachTableOnce) {
  RightsShelf shelf;
  const auto one = table();
  shelf.keep(one);
  shelf.keep(one);
  EXPECT_EQ(shelf.octets(), one->size());
}

TEST(RightsShelf, TheOldestMakesRoom) {
  RightsShelf shelf{2 * table()->size()};
  const std::array tables{table(), table(), table()};
  for (const auto& each : tables) shelf.keep(each);
  EXPECT_EQ(shelf.octets(), 2 * table()->size());
  EXPECT_EQ(tables[0].use_count(), 1);
  EXPECT_EQ(tables[1].use_count(), 2);
  EXPECT_EQ(tables[2].use_count(), 2);
  EXPECT_TRUE(shelf.is_full());
}

TEST(RightsShelf, KeepsNoTableThatIsLargerThanItself) {
  RightsShelf shelf{table()->size() - 1};
  const auto one = table();
  shelf.keep(one);
  EXPECT_EQ(one.use_count(), 1);
  EXPECT_EQ(shelf.octets(), 0U);
}

}  // namespace
}  // namespace sallyport
