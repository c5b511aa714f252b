#include "client/posture/mount_table.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

constexpr const char* kTable =
    "22 1 253:0 / / rw,relatime shared:1 master:2 - ext4 /dev/mapper/root rw,errors=remount-ro\n"
    "23 22 0:21 / /proc rw,nosuid - proc proc rw,hidepid=invisible\n"
    "garbage\n"
    "24 22 0:50 / /srv/a\\040b rw - overlay overlay rw,lowerdir=/l,upperdir=/rw/u\\054p,workdir=/w\n"
    "25 22 8:1 / /srv rw - ext4 /dev/sda1 rw\n";

TEST(MountTable, ReadsTheLinesThatAreOfItsForm) {
  const auto mounts = parse_mountinfo(kTable);
  ASSERT_EQ(mounts.size(), 4U);
  EXPECT_EQ(mounts[0], (Mount{"253:0", "/", "ext4", "/dev/mapper/root", "rw,relatime,rw,errors=remount-ro"}));
  EXPECT_EQ(mounts[2].point, "/srv/a b");
}

TEST(MountTable, FindsTheMountThatHoldsAPath) {
  const auto mounts = parse_mountinfo(kTable);
  EXPECT_EQ(mount_holding(mounts, "/srv/a b/c")->type, "overlay");
  EXPECT_EQ(mount_holding(mounts, "/srv/ab")->device, "8:1");
  EXPECT_EQ(mount_holding(mounts, "/srvx")->device, "253:0") << "a folder whose name begins alike";
  EXPECT_EQ(mount_at(mounts, "/srv/x"), nullptr);
  EXPECT_EQ(mount_at({}, "/"), nullptr);
}

TEST(MountTable, ReadsOptionsAsTheKernelEscapesThem) {
  const auto mounts = parse_mountinfo(kTable);
  EXPECT_EQ(option_of(mounts[2], "upperdir"), "/rw/u,p");
  EXPECT_EQ(option_of(mounts[1], "hidepid"), "invisible");
  EXPECT_EQ(option_of(mounts[0], "hidepid"), std::nullopt);
  EXPECT_EQ(option_of(mounts[0], "r"), std::nullopt);
}

TEST(MountTable, SurvivesLinesThatEndAnywhere) {
  const std::string whole{kTable};
  for (std::size_t size = 0; size < whole.size(); ++size) (void)parse_mountinfo(whole.substr(0, size));
}

}  // namespace
}  // namespace sallyport
