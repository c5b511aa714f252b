#include "server/policy/hours_loader.hpp"

#include "server/policy/diagnostic_list.hpp"
#include "server/policy/limits.hpp"

#include <array>

namespace sallyport {
namespace {

constexpr std::array<std::string_view, 3> kHoursKeys{"days", "time", "zone"};
constexpr std::uint8_t kEveryDay = 0x7f;

}  // namespace

PolicyHours HoursLoader::load(const toml::key& key, const toml::node& node) {
  what_ = "hours " + quote(key.str());
  if (const auto* list = node.as_array()) {
    if (list->empty())
      reader_.error(node.source(), what_ + " is empty and would never match", std::string{kHoursExample});
    for (const auto& item : *list) {
      if (const auto* table = reader_.table(item, what_, std::string{kHoursExample})) load_table(*table);
    }
  } else if (const auto* table = reader_.table(node, what_, std::string{kHoursExample})) {
    load_table(*table);
  }
  if (hours_.windows.size() > kMaxHoursWindows) {
    reader_.error(key.source(), what_ + " has more than " + std::to_string(kMaxHoursWindows) + " windows",
                  "split it and name several hours in the rule");
    hours_.windows.clear();
  }
  return PolicyHours{std::string{key.str()}, reader_.place(key.source()), std::move(hours_)};
}

void HoursLoader::load_table(const toml::table& table) {
  for (const auto& [key, node] : table) {
    if (key.str() != "days" && key.str() != "time" && key.str() != "zone") {
      reader_.refuse_key(key, KeySet{what_, kHoursKeys, {}});
    }
  }
  const auto* zone = table.get("zone");
  if (zone != nullptr)
    use_zone(*zone);
  else
    reader_.error(table.source(), what_ + " has no \"zone\"", R"(name one, as in zone = "Europe/Madrid" or "UTC")");
  const auto* time = table.get("time");
  if (time == nullptr) {
    reader_.error(table.source(), what_ + " has no \"time\"", R"(write time = "08:00-19:00" or "00:00-24:00")");
    return;
  }
  const auto* written_days = table.get("days");
  add_windows(written_days != nullptr ? days(*written_days) : kEveryDay, *time);
}

std::uint8_t HoursLoader::days(const toml::node& node) {
  std::uint8_t all = 0;
  for (const auto& text : reader_.some_texts(node, "days")) {
    const auto read = parse_days(text.text);
    if (read)
      all = static_cast<std::uint8_t>(all | *read);
    else
      reader_.error(text.place, read.error());
  }
  return all;
}

void HoursLoader::add_windows(std::uint8_t days, const toml::node& time) {
  for (const auto& text : reader_.some_texts(time, "time")) {
    const auto read = parse_time_range(text.text);
    if (read)
      hours_.windows.push_back(HoursWindow{days, read->first, read->second});
    else
      reader_.error(text.place, read.error());
  }
}

void HoursLoader::use_zone(const toml::node& node) {
  const auto name = reader_.text(node, "zone");
  if (!name) return;
  if (hours_.zone && hours_.zone->name() != name->text) {
    reader_.error(name->place, what_ + " is in two time zones", "define two hours and name both in the rule");
    return;
  }
  auto zone = TimeZone::load(name->text);
  if (zone)
    hours_.zone = std::move(*zone);
  else
    reader_.error(name->place, zone.error().message, zone.error().hint);
}

}  // namespace sallyport
