#include "server/flow/drop_reason.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace sallyport {
namespace {

TEST(DropReason, HasWordsAndAStableNameForEveryValue) {
  std::set<std::string> words, names;
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    words.insert(std::string{describe(static_cast<DropReason>(i))});
    names.insert(std::string{name_of(static_cast<DropReason>(i))});
  }
  EXPECT_EQ(words.size(), kDropReasons);
  EXPECT_EQ(names.size(), kDropReasons);
  EXPECT_FALSE(names.contains("invalid"));
  EXPECT_EQ(name_of(static_cast<DropReason>(kDropReasons)), "invalid") << "kDropReasons counts them all";
  for (const auto& name : names) EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos);
}

TEST(DropReason, KnowsEveryPacketError) {
  for (int i = 0; i <= static_cast<int>(PacketError::BadTransport); ++i) {
    EXPECT_NE(drop_reason_for(static_cast<PacketError>(i)), DropReason::None);
  }
  EXPECT_EQ(drop_reason_for(PacketError::RoutingHeaderType0), DropReason::SourceRouted);
  EXPECT_EQ(drop_reason_for(PacketError::FragmentOffsetOne), DropReason::TinyFragment);
}

}  // namespace
}  // namespace sallyport
