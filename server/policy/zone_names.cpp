#include "server/policy/zone_names.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace sallyport {
namespace {

constexpr std::string_view kZoneDirectory = "/usr/share/zoneinfo";
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kMostNames = 4'096;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_name_letter(char c) {
  return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+';
}

/// The names in one directory of the database and those below it.
std::vector<std::string> zone_names() {
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  std::error_code error;
  const fs::path root{kZoneDirectory};
  for (fs::recursive_directory_iterator it{root, error}, end; !error && it != end; it.increment(error)) {
    const auto name = it->path().string().substr(kZoneDirectory.size() + 1);
    std::error_code ignored;
    if (!is_zone_name(name) && it->is_directory(ignored)) it.disable_recursion_pending();
    if (is_zone_name(name) && it->is_regular_file(ignored) && names.size() < kMostNames) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// "madrid", "New York": the city without its region.
std::string_view named_by_city(std::string_view name, const std::vector<std::string>& names) {
  std::string city = lower_ascii(name.substr(name.rfind('/') + 1));
  std::replace(city.begin(), city.end(), ' ', '_');
  for (const auto& candidate : names) {
    if (lower_ascii(std::string_view{candidate}.substr(candidate.rfind('/') + 1)) == city) return candidate;
  }
  return {};
}

std::string_view meant_zone(std::string_view name, const std::vector<std::string>& names) {
  if (name.empty() || name.size() > kLongestName) return {};
  const std::vector<std::string_view> candidates{names.begin(), names.end()};
  for (const auto candidate : candidates) {
    if (lower_ascii(candidate) == lower_ascii(name)) return candidate;
  }
  if (const auto city = named_by_city(name, names); !city.empty()) return city;
  return closest_match(name, candidates).value_or(std::string_view{});
}

}  // namespace

bool is_zone_name(std::string_view name) noexcept {
  if (name.size() > kLongestName || name == "Factory") return false;
  while (true) {
    const auto part = name.substr(0, name.find('/'));
    if (part.empty() || !is_upper(part.front()) || !std::all_of(part.begin(), part.end(), is_name_letter)) return false;
    if (part.size() == name.size()) return true;
    name.remove_prefix(part.size() + 1);
  }
}

std::string zone_path(std::string_view name) { return std::string{kZoneDirectory} + '/' + std::string{name}; }

TimeZoneError unknown_zone(std::string_view name) {
  const auto names = zone_names();
  if (names.empty()) {
    return {"there is no time zone database in " + std::string{kZoneDirectory}, "install it: apt-get install tzdata"};
  }
  const auto meant = meant_zone(name, names);
  return {"unknown time zone \"" + escape_untrusted(name, kLongestName) + '"',
          meant.empty() ? "zones are named by region and city, \"Europe/Madrid\"; timedatectl list-timezones shows all"
                        : "did you mean \"" + std::string{meant} + "\"?"};
}

}  // namespace sallyport
