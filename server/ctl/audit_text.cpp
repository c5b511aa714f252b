#include "server/ctl/audit_text.hpp"

#include "common/base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace sallyport {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 8> kShownBefore{"seq",  "prev",   "time",      "event",
                                                       "user", "device", "signature", "key"};

constexpr std::size_t kEventWidth = 20;

std::string text_at(const Json& record, const char* key) {
  const auto found = record.find(key);
  return found != record.end() && found->is_string() ? escape_untrusted(found->get<std::string>()) : std::string{};
}

/// "key_age 12, certificate_left 300": what is unknown is left out.
std::string members_text(const Json& object) {
  std::string text;
  for (const auto& [name, value] : object.items()) {
    if (value.is_null()) continue;
    const auto words = value.is_string() ? escape_untrusted(value.get<std::string>())
                                         : value.dump(-1, ' ', true, Json::error_handler_t::replace);
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", escape_untrusted(name), words);
  }
  return text;
}

std::string rest_text(const Json& record) {
  std::string text;
  for (const auto& [name, value] : record.items()) {
    if (std::find(kShownBefore.begin(), kShownBefore.end(), name) != kShownBefore.end()) continue;
    const auto words = value.is_string()   ? escape_untrusted(value.get<std::string>())
                       : value.is_object() ? '(' + members_text(value) + ')'
                                           : value.dump(-1, ' ', true, Json::error_handler_t::replace);
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", escape_untrusted(name), words);
  }
  return text;
}

Style style_of(std::string_view event) {
  const bool is_bad = event.ends_with("refused") || event.ends_with("denied") || event.ends_with("lost") ||
                      event == "audit.failing" || event == "audit.damaged" || event == "audit.truncated";
  return is_bad ? Style::Bad : Style::Plain;
}

}  // namespace

std::string audit_record_text(const Json& record, const Console& console) {
  const auto event = text_at(record, "event");
  const auto user = text_at(record, "user");
  const auto device = text_at(record, "device");
  const auto who = user + (user.empty() || device.empty() ? "" : " on ") + device;
  auto rest = rest_text(record);
  if (!who.empty() && !rest.empty()) rest.insert(0, ": ");
  if (!who.empty() || !rest.empty())
    rest = std::string(event.size() < kEventWidth ? kEventWidth - event.size() + 2 : 2, ' ') + who + rest;
  return fmt::format("{}  {}{}\n", text_at(record, "time"), console.styled(event, style_of(event)), rest);
}

}  // namespace sallyport
