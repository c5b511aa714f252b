#include "client/posture/key_file.hpp"

#include "client/posture/text_lines.hpp"
#include "common/base/text.hpp"

namespace sallyport {
namespace {

constexpr std::string_view kFixed = "[$i]";

/// Takes KDE's mark of a value that users cannot change off the end.
bool take_mark(std::string_view& text) {
  if (!text.ends_with(kFixed)) return false;
  text.remove_suffix(kFixed.size());
  return true;
}

}  // namespace

std::optional<KeyFileValue> key_file_value(std::string_view text, std::string_view group, std::string_view key) {
  std::optional<KeyFileValue> value;
  std::string_view current;
  bool file_fixed = false;
  bool group_fixed = false;
  for_each_line(text, [&](std::string_view line) {
    line = trimmed(line);
    if (line.empty() || line.front() == '#' || line.front() == ';') return;
    if (line.front() == '[') {
      const bool fixed = take_mark(line);
      if (line.empty()) {
        file_fixed |= current.empty();
        return;
      }
      group_fixed = fixed;
      current = line.ends_with(']') ? line.substr(1, line.size() - 2) : std::string_view{};
      return;
    }
    if (current != group || line.find('=') == std::string_view::npos) return;
    auto name = trimmed(take_part(line, '='));
    const bool fixed = take_mark(name);
    if (name == key) value = KeyFileValue{std::string{trimmed(line)}, fixed || group_fixed || file_fixed};
  });
  return value;
}

std::optional<bool> switch_of(std::string_view text) {
  const auto word = lower_ascii(trimmed(text));
  if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
  if (word == "false" || word == "no" || word == "off" || word == "0") return false;
  return std::nullopt;
}

}  // namespace sallyport
