#include "client/daemon/instance_lock.hpp"

#include "tests/support/temporary_directory.hpp"

namespace sallyport {
namespace {

class InstanceLockTest : public testing::Test {
 protected:
  TemporaryDirectory directory_;
};

TEST_F(InstanceLockTest, IsForOneAtATime) {
  auto first = InstanceLock::take(directory_.file("lock"));
  ASSERT_TRUE(first);
  const auto second = InstanceLock::take(directory_.file("lock"));
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("held by a running sallyportd"), std::string::npos);
}

TEST_F(InstanceLockTest, IsFreeAgainWhenItsHolderIsGone) {
  { ASSERT_TRUE(InstanceLock::take(directory_.file("lock"))); }
  EXPECT_TRUE(InstanceLock::take(directory_.file("lock")));
}

}  // namespace
}  // namespace sallyport
