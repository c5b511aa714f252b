#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// One line of /proc/self/mountinfo (proc(5)).
struct Mount {
  std::string device;   ///< "MAJOR:MINOR"; major 0 is a device that no driver has
  std::string point;    ///< where it is mounted, unescaped
  std::string type;     ///< "ext4", "btrfs", "overlay"
  std::string source;   ///< "/dev/mapper/root", or a word
  std::string options;  ///< of the mount, then of its file system, with commas between
  friend bool operator==(const Mount&, const Mount&) = default;
};

/// Lines that are not of that form are left out.
[[nodiscard]] std::vector<Mount> parse_mountinfo(std::string_view text);

/// The mount that is seen at exactly `point`: of several the last. Null: none.
[[nodiscard]] const Mount* mount_at(const std::vector<Mount>& mounts, std::string_view point);
/// The mount that holds `path`. Null: none.
[[nodiscard]] const Mount* mount_holding(const std::vector<Mount>& mounts, std::string_view path);
/// "upperdir=/rw/up" of the options; nullopt: no such option.
[[nodiscard]] std::optional<std::string> option_of(const Mount& mount, std::string_view key);

}  // namespace sallyport
