#include "client/posture/apt_config.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

AptConfig read(std::string_view text) {
  AptConfig config;
  read_apt_config(text, config);
  return config;
}

TEST(AptConfig, ReadsBothForms) {
  EXPECT_EQ(read("APT::Periodic::Unattended-Upgrade \"1\";\n"),
            (AptConfig{{"apt::periodic::unattended-upgrade", "1"}}));
  EXPECT_EQ(read("APT { Periodic { Enable \"0\"; }; Other::X \"y\"; };"),
            (AptConfig{{"apt::periodic::enable", "0"}, {"apt::other::x", "y"}}));
}

TEST(AptConfig, PassesOverCommentsAndLists) {
  EXPECT_EQ(read("// a \"x\";\n/* b \"y\"; */ # c \"z\";\nDPkg::Options:: \"--force\";\nA \"1\";"),
            (AptConfig{{"a", "1"}}));
}

TEST(AptConfig, TheLastOneCountsAndClearTakesAway) {
  EXPECT_EQ(read("A \"1\"; A \"2\";"), (AptConfig{{"a", "2"}}));
  EXPECT_EQ(read("A::B \"1\"; A::C \"2\"; AA \"3\"; #clear A;"), (AptConfig{{"aa", "3"}}));
}

TEST(AptConfig, SurvivesWhatIsNotItsSyntax) {
  for (const auto* text : {"\"", "}}}", "A", "A \"", "{{{{{{{{{{{{{{{{{{{{", "/*", "#clear", "A { B \"1\""})
    (void)read(text);
}

TEST(AptConfig, UpgradesItselfWhenListsAndUpgradesAreOn) {
  const std::string lists = "APT::Periodic::Update-Package-Lists \"1\";";
  const std::string upgrades = "APT::Periodic::Unattended-Upgrade \"1\";";
  EXPECT_TRUE(upgrades_itself(read(lists + upgrades)));
  EXPECT_TRUE(upgrades_itself(read(lists + "APT::Periodic::Unattended-Upgrade \"always\";")));
  EXPECT_FALSE(upgrades_itself(read(upgrades)));
  EXPECT_FALSE(upgrades_itself(read(lists)));
  EXPECT_FALSE(upgrades_itself(read(lists + "APT::Periodic::Unattended-Upgrade \"0\";")));
  EXPECT_FALSE(upgrades_itself(read(lists + upgrades + "APT::Periodic::Enable \"0\";")));
  EXPECT_FALSE(upgrades_itself({}));
}

}  // namespace
}  // namespace sallyport
