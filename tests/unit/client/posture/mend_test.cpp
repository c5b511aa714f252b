#include "client/posture/mend.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

std::string mend(const std::string& key, const std::string& os = "debian", const std::string& required = "true") {
  Posture posture;
  posture.os = os;
  return mend_for({key, required, "false", PostureState::Fails}, posture);
}

TEST(Mend, NamesTheCommandOfTheSystemAtHand) {
  EXPECT_EQ(mend("firewall"), "sudo apt install ufw && sudo ufw enable");
  EXPECT_EQ(mend("firewall", "fedora"), "sudo systemctl enable --now firewalld");
  EXPECT_NE(mend("automatic_updates").find("unattended-upgrades"), std::string::npos);
  EXPECT_NE(mend("automatic_updates", "rocky").find("dnf-automatic"), std::string::npos);
  EXPECT_NE(mend("os", "ubuntu", "ubuntu >=24.04").find("apt full-upgrade"), std::string::npos);
  EXPECT_NE(mend("kernel", "fedora", ">=6.1").find("restart"), std::string::npos);
}

TEST(Mend, HasAWordForEveryFactOnEverySystem) {
  for (const auto* os : {"debian", "ubuntu", "fedora", "arch", ""}) {
    for (const auto key : kPostureFactNames) EXPECT_FALSE(mend(std::string{key}, os).empty()) << os << ' ' << key;
  }
}

TEST(Mend, OffersNoCommandThatAGatewayMadeUp) {
  EXPECT_EQ(mend("process falcon-sensor", "debian", "running"),
            "sudo systemctl enable --now falcon-sensor   (not installed? ask your administrator)");
  for (const auto* name : {"process x; rm -rf /", "process $(x)", "process --force", "process a b", "process "}) {
    EXPECT_EQ(mend(name, "debian", "running").find("sudo"), std::string::npos) << name;
  }
}

TEST(Mend, DoesNotTellAPersonToTurnOnWhatShouldBeOff) {
  EXPECT_EQ(mend("firewall", "debian", "false"), "this check wants it off: ask your administrator why");
}

}  // namespace
}  // namespace sallyport
