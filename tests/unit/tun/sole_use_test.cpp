#include "tun/sole_use.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

constexpr uid_t kUser = 990;
constexpr std::uint32_t kStranger = 65534;

TEST(SoleUse, IsOfAnInterfaceOfThisUserOrOfRoot) {
  EXPECT_EQ(sharing_of({kUser, {}, 1}, kUser, 1), std::nullopt);
  EXPECT_EQ(sharing_of({0, {}, 1}, kUser, 1), std::nullopt);
  EXPECT_EQ(sharing_of({kUser, {}, 4}, kUser, 4), std::nullopt) << "all are ours";
}

TEST(SoleUse, IsNotOfAnInterfaceThatSomebodyElseMayJoin) {
  EXPECT_EQ(sharing_of({{}, {}, 1}, kUser, 1), TunSharing::AnotherOwner);
  EXPECT_EQ(sharing_of({kStranger, {}, 1}, kUser, 1), TunSharing::AnotherOwner);
  EXPECT_EQ(sharing_of({kUser, {}, 1}, 0, 1), TunSharing::AnotherOwner) << "nor root of a user's";
  EXPECT_EQ(sharing_of({kUser, 0, 1}, kUser, 1), TunSharing::Group);
  EXPECT_EQ(sharing_of({{}, kStranger, 1}, kUser, 1), TunSharing::Group);
}

TEST(SoleUse, IsNotOfAnInterfaceThatSomebodyElseHasJoined) {
  EXPECT_EQ(sharing_of({kUser, {}, 2}, kUser, 1), TunSharing::AnotherQueue);
  EXPECT_EQ(sharing_of({0, {}, 5}, kUser, 4), TunSharing::AnotherQueue);
}

TEST(SoleUse, IsRefusedInWordsThatSayWhatToDo) {
  for (const auto sharing : {TunSharing::AnotherOwner, TunSharing::Group, TunSharing::AnotherQueue}) {
    const auto words = sharing_error("sallyport0", sharing).message;
    EXPECT_NE(words.find("ip link delete sallyport0"), std::string::npos) << words;
  }
}

}  // namespace
}  // namespace sallyport
