#include "tests/unit/client/linux/posture/made_up_system.hpp"

namespace sallyport {
namespace {

constexpr const char* kLuks = "CRYPT-LUKS2-0123456789abcdef-root_crypt";

class DiskEncryption : public testing::Test {
 protected:
  void root_on(const std::string& number, const std::string& type = "ext4", const std::string& source = "/dev/root",
               const std::string& options = "rw") const {
    system.mounts("22 1 " + number + " / / rw - " + type + ' ' + source + ' ' + options + '\n');
  }
  [[nodiscard]] std::optional<bool> found() const { return collect_disk_encryption(system.root()).value; }

  test::MadeUpSystem system;
};

TEST_F(DiskEncryption, APlainPartitionIsNotEncrypted) {
  system.device("sda", "8:0");
  system.partition("sda", "sda2", "8:2");
  root_on("8:2");
  EXPECT_EQ(found(), false);
}

TEST_F(DiskEncryption, LuksOnAPartitionIs) {
  system.device("sda", "8:0");
  system.partition("sda", "sda2", "8:2");
  system.device("dm-0", "253:0", {"sda2"}, kLuks);
  root_on("253:0");
  EXPECT_EQ(found(), true);
}

TEST_F(DiskEncryption, LvmOnLuksIsAndLvmOnAPlainDiskIsNot) {
  system.device("sda", "8:0");
  system.device("sdb", "8:16");
  system.device("dm-0", "253:0", {"sda"}, kLuks);
  system.device("dm-1", "253:1", {"dm-0"}, "LVM-abc");
  root_on("253:1");
  EXPECT_EQ(found(), true);
  system.device("dm-2", "253:2", {"dm-0", "sdb"}, "LVM-both");
  root_on("253:2");
  EXPECT_EQ(found(), false) << "a volume over two disks of which one is plain";
}

TEST_F(DiskEncryption, ARaidIsWhatAllItsDisksAre) {
  system.device("sda", "8:0");
  system.device("sdb", "8:16");
  system.device("dm-0", "253:0", {"sda"}, kLuks);
  system.device("dm-1", "253:1", {"sdb"}, kLuks);
  system.device("md0", "9:0", {"dm-0", "dm-1"});
  system.partition("md0", "md0p1", "259:0");
  root_on("259:0");
  EXPECT_EQ(found(), true);
}

TEST_F(DiskEncryption, VerityAndIntegrityEncryptNothing) {
  system.device("sda", "8:0");
  for (const auto* uuid : {"CRYPT-VERITY-0123-root", "CRYPT-INTEGRITY-root", "CRYPT-SUBDEV-x"}) {
    system.remove("/sys");
    system.device("sda", "8:0");
    system.device("dm-0", "253:0", {"sda"}, uuid);
    root_on("253:0");
    EXPECT_EQ(found(), false) << uuid;
  }
}

TEST_F(DiskEncryption, FollowsASubvolumeOfBtrfsToAllItsDevices) {
  system.device("sda", "8:0");
  system.device("sdb", "8:16");
  system.device("dm-0", "253:0", {"sda"}, kLuks);
  system.write("/sys/devices/block/dm-0/dm/name", "luks-root\n");
  system.folder("/sys/fs/btrfs/features");
  system.link("/sys/fs/btrfs/0000-1111/devices/dm-0", "../../../../devices/block/dm-0");
  root_on("0:31", "btrfs", "/dev/mapper/luks-root", "rw,subvol=/root");
  EXPECT_EQ(found(), true);
  system.link("/sys/fs/btrfs/0000-1111/devices/sdb", "../../../../devices/block/sdb");
  EXPECT_EQ(found(), false) << "a second device that is plain";
}

TEST_F(DiskEncryption, FollowsAnOverlayToWhereItIsWritten) {
  system.device("dm-0", "253:0", {}, kLuks);
  system.mounts(
      "22 1 0:40 / / rw - overlay overlay rw,lowerdir=/ro,upperdir=/rw/upper,workdir=/rw/work\n"
      "23 22 253:0 / /rw rw - ext4 /dev/mapper/rw rw\n");
  EXPECT_EQ(found(), true);
}

TEST_F(DiskEncryption, AnOverlayFromElsewhereIsUnknown) {
  system.mounts("22 1 0:40 / / rw - overlay overlay rw,lowerdir=/ro,upperdir=/var/lib/docker/x,workdir=/w\n");
  EXPECT_EQ(found(), std::nullopt);
}

TEST_F(DiskEncryption, WhatCannotBeJudgedIsUnknown) {
  EXPECT_EQ(found(), std::nullopt) << "no list of mounts";
  root_on("0:20", "tmpfs", "tmpfs");
  EXPECT_EQ(found(), std::nullopt) << "no device";
  root_on("0:20", "nfs4", "server:/root");
  EXPECT_EQ(found(), std::nullopt);
  root_on("8:9");
  EXPECT_EQ(found(), std::nullopt) << "a device that sysfs does not show";
  system.device("loop0", "7:0");
  root_on("7:0");
  EXPECT_EQ(found(), std::nullopt) << "what the file of a loop device lies on is not known";
}

TEST_F(DiskEncryption, DevicesThatLieOnEachOtherAreUnknown) {
  system.device("dm-0", "253:0", {"dm-1"}, "LVM-a");
  system.device("dm-1", "253:1", {"dm-0"}, "LVM-b");
  root_on("253:0");
  EXPECT_EQ(found(), std::nullopt);
}

}  // namespace
}  // namespace sallyport
