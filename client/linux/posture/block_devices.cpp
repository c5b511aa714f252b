#include "client/linux/posture/block_devices.hpp"

#include "client/posture/dm_uuid.hpp"
#include "client/posture/text_lines.hpp"

#include <algorithm>
#include <array>

namespace sallyport {
namespace {

constexpr int kMaxDepth = 16;
constexpr int kMaxLooks = 256;

std::string base_of(std::string_view path) { return std::string{path.substr(path.find_last_of('/') + 1)}; }
std::string parent_of(const std::string& path) { return path.substr(0, path.find_last_of('/')); }

/// What lies below these is not on this disk, or not visible in sysfs.
bool is_opaque(std::string_view name) {
  constexpr std::array<std::string_view, 6> kOpaque{"loop", "nbd", "rbd", "drbd", "zram", "ram"};
  return std::any_of(kOpaque.begin(), kOpaque.end(), [&](auto kind) { return name.starts_with(kind); });
}

}  // namespace

std::optional<bool> BlockDevices::is_encrypted(const std::string& path) const { return is_encrypted(path, 0); }

std::optional<bool> BlockDevices::is_encrypted(const std::string& path, int depth) const {
  if (depth == kMaxDepth || ++looks_ > kMaxLooks) return std::nullopt;
  const auto device = root_.resolved(path);
  if (!device || is_opaque(base_of(*device))) return std::nullopt;
  if (is_encrypting_uuid(trimmed(root_.read(*device + "/dm/uuid").value_or("")))) return true;
  if (root_.is_there(*device + "/partition")) return is_encrypted(parent_of(*device), depth + 1);
  const auto below = root_.list(*device + "/slaves");
  // Every whole device has the folder; a disk's is empty.
  if (!below) return std::nullopt;
  if (below->empty()) return false;
  std::optional<bool> all = true;
  for (const auto& each : *below) all = both_encrypted(all, is_encrypted(*device + "/slaves/" + each, depth + 1));
  return all;
}

std::optional<std::string> BlockDevices::name_of(std::string_view device_file) const {
  constexpr std::string_view kMapper = "/dev/mapper/";
  if (!device_file.starts_with(kMapper)) {
    auto name = base_of(device_file);
    return root_.is_there("/sys/class/block/" + name) ? std::optional{std::move(name)} : std::nullopt;
  }
  const auto wanted = device_file.substr(kMapper.size());
  for (const auto& each : root_.list("/sys/class/block").value_or(std::vector<std::string>{})) {
    if (!each.starts_with("dm-")) continue;
    if (trimmed(root_.read("/sys/class/block/" + each + "/dm/name").value_or("")) == wanted) return each;
  }
  return std::nullopt;
}

}  // namespace sallyport
