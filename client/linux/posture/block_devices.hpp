#pragma once

#include "client/linux/posture/system_root.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// One part that is not encrypted leaves the whole open; of one that cannot be judged nothing is known.
[[nodiscard]] constexpr std::optional<bool> both_encrypted(std::optional<bool> a, std::optional<bool> b) noexcept {
  if (a == false || b == false) return false;
  return a && b ? std::optional{true} : std::nullopt;
}

/// The kernel's block devices in sysfs.
class BlockDevices {
 public:
  /// `root` outlives this.
  explicit BlockDevices(const SystemRoot& root) noexcept : root_{root} {}

  /// Whether all that is written to the device at `path` ("/sys/dev/block/8:2") passes dm-crypt: it is such a device,
  /// or everything below it is. Nullopt: a network or loop device, or more of them than anybody has.
  [[nodiscard]] std::optional<bool> is_encrypted(const std::string& path) const;
  /// The kernel's name of a device file: "dm-0" for "/dev/mapper/root".
  [[nodiscard]] std::optional<std::string> name_of(std::string_view device_file) const;

 private:
  [[nodiscard]] std::optional<bool> is_encrypted(const std::string& path, int depth) const;

  const SystemRoot& root_;
  mutable int looks_ = 0;
};

}  // namespace sallyport
