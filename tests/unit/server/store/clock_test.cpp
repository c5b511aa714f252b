#include "tests/unit/server/store/store_fixture.hpp"

namespace sallyport {
namespace {

using StoreClock = StoreTest;

TEST_F(StoreClock, KeepsTheLatestTimeAcrossProcesses) {
  EXPECT_EQ(store().latest_time().value(), std::nullopt);
  ASSERT_TRUE(store().keep_latest_time(at_second(100)));
  ASSERT_TRUE(store().keep_latest_time(at_second(40)));
  reopen();
  EXPECT_EQ(store().latest_time().value(), at_second(100));
}

TEST_F(StoreClock, GoesBackOnlyWhenAnAdministratorSaysSo) {
  ASSERT_TRUE(store().keep_latest_time(at_second(100)));
  ASSERT_TRUE(store().accept_time(at_second(40)));
  EXPECT_EQ(store().latest_time().value(), at_second(40));
  ASSERT_TRUE(store().keep_latest_time(at_second(41)));
  EXPECT_EQ(store().latest_time().value(), at_second(41));
}

}  // namespace
}  // namespace sallyport
