#include "server/policy/toml_loader.hpp"

#include "common/base/text.hpp"
#include "server/policy/age_limit.hpp"
#include "server/policy/diagnostic_list.hpp"
#include "server/policy/limits.hpp"

#include <algorithm>
#include <chrono>

namespace sallyport {
namespace {

constexpr WallTime kEarliest{};
constexpr WallTime kLatest = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxPolicyName && std::all_of(text.begin(), text.end(), is_name_character);
}

bool is_email(std::string_view text) {
  const auto at = text.find('@');
  const bool parts = at != 0 && at + 1 < text.size() && text.find('@', at + 1) == std::string_view::npos;
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  return parts && printable && text.size() <= kMaxPolicyName;
}

/// "did you mean "10.0.0.0/8"?" for a prefix whose only fault are its host bits.
std::string prefix_hint(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address || slash == std::string_view::npos) return R"(write, for example, "10.20.0.0/16" or "fd00:20::/48")";
  const auto length = parse_decimal(text.substr(slash + 1), address->bit_width());
  if (!length) return "the prefix length is a number from 0 to " + std::to_string(address->bit_width());
  return "did you mean " + quote(IpPrefix::around(*address, *length).to_string()) + "?";
}

std::optional<std::chrono::sys_days> days_of(const toml::date& date) {
  const std::chrono::year_month_day day{std::chrono::year{date.year}, std::chrono::month{date.month},
                                        std::chrono::day{date.day}};
  return day.ok() ? std::optional{std::chrono::sys_days{day}} : std::nullopt;
}

std::optional<WallTime> seconds_of(const toml::date_time& stamp) {
  const auto days = days_of(stamp.date);
  if (!days) return std::nullopt;
  return WallTime{*days} + std::chrono::hours{stamp.time.hour} + std::chrono::minutes{stamp.time.minute} +
         std::chrono::seconds{stamp.time.second} - std::chrono::minutes{stamp.offset->minutes};
}

}  // namespace

Place TomlReader::place(const toml::source_region& where) const {
  return Place{file_, static_cast<std::uint32_t>(where.begin.line), static_cast<std::uint32_t>(where.begin.column)};
}

void TomlReader::error(const toml::source_region& where, std::string message, std::string hint) {
  error(place(where), std::move(message), std::move(hint));
}

void TomlReader::error(const Place& where, std::string message, std::string hint) {
  errors_.push_back(Diagnostic{name_, where.line, where.column, std::move(message), std::move(hint)});
}

void TomlReader::refuse_key(const toml::key& key, const KeySet& keys) {
  const std::string where = std::string{keys.table};
  if (std::find(keys.later.begin(), keys.later.end(), key.str()) != keys.later.end()) {
    error(key.source(), quote(key.str()) + " is not available in this version",
          "nothing would check it; remove it from " + where);
    return;
  }
  const auto near = closest_match(key.str(), keys.known);
  error(key.source(), "unknown key " + quote(key.str()) + " in " + where,
        near ? "did you mean " + quote(*near) + "?" : std::string{});
}

void TomlReader::check_name(const toml::key& key, std::string_view kind) {
  const auto name = key.str();
  if ((kind == "group" && name == "everyone") || (kind == "resource" && name == "any")) {
    return error(key.source(), quote(name) + " is built in and cannot be defined", "choose another name");
  }
  if (is_name(name)) return;
  error(key.source(), std::string{kind} + " name " + quote(name) + " is not allowed",
        "names hold letters, digits, '-' and '_'");
}

const toml::table* TomlReader::table(const toml::node& node, std::string_view what, std::string hint) {
  if (const auto* found = node.as_table()) return found;
  error(node.source(), std::string{what} + " must be a table", std::move(hint));
  return nullptr;
}

std::optional<NameUse> TomlReader::text(const toml::node& node, std::string_view what) {
  if (const auto* string = node.as_string()) return NameUse{string->get(), place(node.source())};
  error(node.source(), quote(what) + " takes text in quotes");
  return std::nullopt;
}

std::vector<NameUse> TomlReader::texts(const toml::node& node, std::string_view what) {
  std::vector<NameUse> found;
  const auto take = [&](const toml::node& item) {
    if (auto name = text(item, what)) found.push_back(std::move(*name));
  };
  if (const auto* list = node.as_array()) {
    for (const auto& item : *list) take(item);
  } else {
    take(node);
  }
  return found;
}

std::vector<NameUse> TomlReader::some_texts(const toml::node& node, std::string_view what) {
  if (const auto* list = node.as_array(); list != nullptr && list->empty()) {
    error(node.source(), quote(what) + " is empty and would never match", "remove the key or fill the list");
  }
  return texts(node, what);
}

std::vector<NameUse> TomlReader::people(std::vector<NameUse> names) {
  for (auto& name : names) {
    if (name.text.find('@') == std::string::npos) continue;
    if (!is_email(name.text)) error(name.place, quote(name.text) + " is no e-mail address");
    name.text = lower_ascii(name.text);
  }
  return names;
}

std::vector<IpPrefix> TomlReader::prefixes(const toml::node& node, std::string_view what) {
  std::vector<IpPrefix> found;
  for (const auto& name : some_texts(node, what)) {
    if (const auto read = prefix(name)) found.push_back(*read);
  }
  return found;
}

std::optional<IpPrefix> TomlReader::prefix(const NameUse& text) {
  auto read = IpPrefix::parse(text.text);
  if (!read) error(text.place, quote(text.text) + " is no network prefix", prefix_hint(text.text));
  return read;
}

std::vector<ServiceRange> TomlReader::services(const toml::node& node) {
  std::vector<ServiceRange> found;
  const auto take = [&](const toml::node& item) {
    if (const auto* number = item.as_integer()) {
      const auto digits = std::to_string(number->get());
      return error(item.source(), "port " + digits + " has no protocol", "write " + quote(digits + "/tcp"));
    }
    const auto written = text(item, "ports");
    if (!written) return;
    auto read = parse_service(written->text);
    if (read)
      found.push_back(*read);
    else
      error(written->place, read.error().message, read.error().hint);
  };
  const auto* list = node.as_array();
  if (list == nullptr)
    take(node);
  else if (list->empty())
    error(node.source(), "\"ports\" is empty and would never match", R"(write "any" for all ports)");
  else
    for (const auto& item : *list) take(item);
  return found;
}

std::vector<std::string> TomlReader::tags(const toml::node& node) {
  std::vector<std::string> found;
  for (const auto& tag : some_texts(node, "tags")) {
    if (is_name(tag.text))
      found.push_back(tag.text);
    else
      error(tag.place, "tag " + quote(tag.text) + " is not allowed",
            tag.text.starts_with("tag:") ? "write it without \"tag:\" here; rules say to = \"tag:NAME\""
                                         : "tags hold letters, digits, '-' and '_'");
  }
  return found;
}

std::optional<std::chrono::seconds> TomlReader::age(const toml::node& node, std::string_view what) {
  if (const auto* number = node.as_integer()) {
    const auto digits = std::to_string(number->get());
    error(node.source(), quote(what) + " has no unit", "write " + quote(digits + "m") + " or " + quote(digits + "h"));
    return std::nullopt;
  }
  const auto written = text(node, what);
  if (!written) return std::nullopt;
  auto read = parse_age(written->text);
  if (read) return *read;
  error(written->place, quote(what) + ": " + read.error());
  return std::nullopt;
}

std::optional<bool> TomlReader::flag(const toml::node& node, std::string_view what) {
  if (const auto* value = node.as_boolean()) return value->get();
  error(node.source(), quote(what) + " takes true or false, without quotes");
  return std::nullopt;
}

std::optional<WallTime> TomlReader::time(const toml::node& node, std::string_view what) {
  std::string_view fault = " takes a date or a date with time";
  std::optional<WallTime> found;
  if (const auto* date = node.as_date()) {
    found = days_of(date->get());
  } else if (const auto* stamp = node.as_date_time()) {
    const auto& value = stamp->get();
    if (!value.offset)
      fault = " has no time zone";
    else if (value.time.nanosecond != 0)
      fault = " has a fraction of a second";
    else
      found = seconds_of(value);
  }
  if (found && *found >= kEarliest && *found < kLatest) return found;
  if (found) fault = " is not between the years 1970 and 9999";
  error(node.source(), quote(what) + std::string{fault}, "write 2027-01-31 or 2027-01-31T18:00:00Z, without quotes");
  return std::nullopt;
}

}  // namespace sallyport
