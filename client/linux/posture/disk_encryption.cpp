#include "client/linux/posture/block_devices.hpp"
#include "client/linux/posture/collectors.hpp"
#include "client/posture/mount_table.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kMaxMountinfo = 4U << 20U;
constexpr std::string_view kDevices = "/dev/";

/// All devices of the btrfs that has `device`; that one alone where the kernel does not say.
std::optional<bool> is_btrfs_encrypted(const BlockDevices& devices, const SystemRoot& root, const std::string& device) {
  constexpr const char* kFileSystems = "/sys/fs/btrfs/";
  for (const auto& id : root.list(kFileSystems).value_or(std::vector<std::string>{})) {
    const auto members = root.list(kFileSystems + id + "/devices");
    if (!members || std::find(members->begin(), members->end(), device) == members->end()) continue;
    std::optional<bool> all = true;
    for (const auto& each : *members) all = both_encrypted(all, devices.is_encrypted("/sys/class/block/" + each));
    return all;
  }
  return std::nullopt;
}

std::optional<bool> is_encrypted(const SystemRoot& root, const Mount& mount) {
  const BlockDevices devices{root};
  if (!mount.device.starts_with("0:")) return devices.is_encrypted("/sys/dev/block/" + mount.device);
  if (mount.type != "btrfs" || !mount.source.starts_with(kDevices)) return std::nullopt;
  const auto device = devices.name_of(mount.source);
  return device ? is_btrfs_encrypted(devices, root, *device) : std::nullopt;
}

/// What root lies on. An overlay writes to the file system that holds its upper folder, if that can be seen from here.
const Mount* storage_of_root(const std::vector<Mount>& mounts) {
  const auto* mount = mount_at(mounts, "/");
  if (mount == nullptr || mount->type != "overlay") return mount;
  const auto upper = option_of(*mount, "upperdir");
  const auto* below = upper ? mount_holding(mounts, *upper) : nullptr;
  return below != nullptr && below->point != "/" && below->type != "overlay" ? below : nullptr;
}

}  // namespace

PostureFact collect_disk_encryption(const SystemRoot& root) {
  const auto mounts = parse_mountinfo(root.read("/proc/self/mountinfo", kMaxMountinfo).value_or(""));
  const auto* mount = storage_of_root(mounts);
  if (mount == nullptr) return {std::nullopt, "no device found below / (/proc/self/mountinfo)"};
  return {is_encrypted(root, *mount), "dm-crypt below " + mount->source + " (/sys/dev/block)"};
}

}  // namespace sallyport
