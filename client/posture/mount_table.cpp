#include "client/posture/mount_table.hpp"

#include "client/posture/text_lines.hpp"

namespace sallyport {
namespace {

bool is_octal(char c) { return c >= '0' && c <= '7'; }

/// The kernel writes blanks and backslashes as \040.
std::string unescaped(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    if (text.size() >= 4 && text[0] == '\\' && is_octal(text[1]) && is_octal(text[2]) && is_octal(text[3])) {
      plain.push_back(static_cast<char>((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0')));
      text.remove_prefix(4);
    } else {
      plain.push_back(text.front());
      text.remove_prefix(1);
    }
  }
  return plain;
}

std::optional<Mount> parse_line(std::string_view line) {
  Mount mount;
  (void)take_part(line, ' ');  // mount
  (void)take_part(line, ' ');  // parent
  mount.device = take_part(line, ' ');
  (void)take_part(line, ' ');  // root
  mount.point = unescaped(take_part(line, ' '));
  const std::string options{take_part(line, ' ')};
  std::string_view part = take_part(line, ' ');
  while (part != "-" && !line.empty()) part = take_part(line, ' ');
  mount.type = take_part(line, ' ');
  mount.source = unescaped(take_part(line, ' '));
  mount.options = options + ',' + std::string{line};
  const bool whole = part == "-" && !mount.type.empty() && mount.point.starts_with('/');
  return whole && mount.device.find(':') != std::string::npos ? std::optional{std::move(mount)} : std::nullopt;
}

bool holds(std::string_view point, std::string_view path) {
  if (point == "/") return path.starts_with('/');
  return path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/');
}

}  // namespace

std::vector<Mount> parse_mountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  for_each_line(text, [&](std::string_view line) {
    if (auto mount = parse_line(line)) mounts.push_back(std::move(*mount));
  });
  return mounts;
}

const Mount* mount_at(const std::vector<Mount>& mounts, std::string_view point) {
  const Mount* found = nullptr;
  for (const auto& mount : mounts) {
    if (mount.point == point) found = &mount;
  }
  return found;
}

const Mount* mount_holding(const std::vector<Mount>& mounts, std::string_view path) {
  const Mount* found = nullptr;
  for (const auto& mount : mounts) {
    if (holds(mount.point, path) && (found == nullptr || mount.point.size() >= found->point.size())) found = &mount;
  }
  return found;
}

std::optional<std::string> option_of(const Mount& mount, std::string_view key) {
  for (std::string_view rest = mount.options; !rest.empty();) {
    const auto option = take_part(rest, ',');
    if (option.size() > key.size() && option.starts_with(key) && option[key.size()] == '=')
      return unescaped(option.substr(key.size() + 1));
  }
  return std::nullopt;
}

}  // namespace sallyport
