#include "client/posture/os_release.hpp"

#include "client/posture/text_lines.hpp"
#include "common/base/text.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kLongest = 64;

bool is_plain(std::string_view text) {
  return text.size() <= kLongest && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                  c == '-' || c == '+' || c == '~';
         });
}

std::string value_of(std::string_view text) {
  text = trimmed(text);
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  if (quoted) text = text.substr(1, text.size() - 2);
  return is_plain(text) ? std::string{text} : std::string{};
}

}  // namespace

OsRelease parse_os_release(std::string_view text) {
  OsRelease release;
  for_each_line(text, [&](std::string_view line) {
    line = trimmed(line);
    if (line.starts_with("ID=")) release.id = lower_ascii(value_of(line.substr(3)));
    if (line.starts_with("VERSION_ID=")) release.version = value_of(line.substr(11));
  });
  return release;
}

std::string refined_version(const std::string& version, std::string_view debian_version) {
  const auto refined = trimmed(debian_version);
  const bool numbers =
      !refined.empty() && refined.size() <= kLongest &&
      std::all_of(refined.begin(), refined.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return numbers && !version.empty() && refined.starts_with(version + '.') ? std::string{refined} : version;
}

}  // namespace sallyport
