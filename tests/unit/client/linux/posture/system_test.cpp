#include "tests/unit/client/linux/posture/made_up_system.hpp"

namespace sallyport {
namespace {

Posture collected(const test::MadeUpSystem& system) {
  Posture posture;
  collect_system(system.root(), posture);
  return posture;
}

TEST(SystemCollector, ReadsSystemVersionAndKernel) {
  const test::MadeUpSystem system;
  system.write("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
  system.write("/etc/debian_version", "12.5\n");
  system.write("/proc/sys/kernel/osrelease", "6.1.0-28-amd64\n");
  const auto posture = collected(system);
  EXPECT_EQ(posture.os, "debian");
  EXPECT_EQ(posture.os_version, "12.5");
  EXPECT_EQ(posture.kernel, "6.1.0-28-amd64");
}

TEST(SystemCollector, LooksInTheOtherPlaceOfOsRelease) {
  const test::MadeUpSystem system;
  system.write("/usr/lib/os-release", "ID=fedora\nVERSION_ID=42\n");
  system.write("/etc/debian_version", "42.1\n");
  EXPECT_EQ(collected(system).os, "fedora");
  EXPECT_EQ(collected(system).os_version, "42") << "not Debian's to refine";
}

TEST(SystemCollector, FindsNothingInAnEmptySystem) { EXPECT_EQ(collected(test::MadeUpSystem{}), Posture{}); }

}  // namespace
}  // namespace sallyport
