#include "client/cli/render.hpp"
#include "common/base/text.hpp"
#include "common/ipc/message.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sallyport {
namespace {

using nlohmann::json;

/// "process " and the longest name that may be asked for.
constexpr std::size_t kLongest = 320;
constexpr std::size_t kWidestKey = 48;

std::string shown(const json& object, const char* key) {
  return object.is_object() ? escape_untrusted(text_at(object, key).value_or(""), kLongest) : std::string{};
}

const json& list_at(const json& object, const char* key) {
  static const json kNone = json::array();
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_array() ? *found : kNone;
}

std::string value_text(const json& entry) {
  const auto value = entry.is_object() ? entry.value("value", json{}) : json{};
  if (value.is_string()) return escape_untrusted(value.get<std::string>());
  if (!value.is_boolean()) return "unknown";
  const auto key = shown(entry, "key");
  const bool yes = value.get<bool>();
  if (key.starts_with("process ")) return yes ? "running" : "not running";
  if (key.starts_with("file ")) return yes ? "present" : "absent";
  return yes ? "yes" : "no";
}

std::string mark(const std::string& state, Style style) {
  const bool holds = state == "holds";
  const char* sign = holds ? (style.utf8 ? "✓" : "+") : state == "fails" ? (style.utf8 ? "✗" : "x") : "?";
  if (!style.colour) return sign;
  return fmt::format("\x1b[{}m{}\x1b[0m", holds ? 32 : state == "fails" ? 31 : 33, sign);
}

std::string reported(const json& answer) {
  std::string text = "Reported, by this laptop's own word (self-reported):\n";
  std::size_t width = 0;
  for (const auto& entry : list_at(answer, "reported")) width = std::max(width, shown(entry, "key").size());
  width = std::min(width, kWidestKey);
  for (const auto& entry : list_at(answer, "reported")) {
    const auto source = shown(entry, "source");
    text += fmt::format("  {:<{}}  {:<16} {}\n", shown(entry, "key"), width, value_text(entry), source);
  }
  return text;
}

std::string check_text(const json& check, Style style) {
  const auto state = shown(check, "state");
  const bool needed = !check.is_object() || check.value("needed", json{}) != false;
  std::string text = fmt::format("  {} {}: {}{}\n", mark(state, style), shown(check, "name"), state,
                                 needed ? "" : " (not needed: another check stands in for it)");
  for (const auto& line : list_at(check, "lines")) {
    if (shown(line, "state") == "holds") continue;
    text += fmt::format("      {} is {}, asked is {}\n", shown(line, "key"), shown(line, "actual"),
                        shown(line, "required"));
    if (const auto mend = shown(line, "mend"); !mend.empty()) text += "        mend: " + mend + '\n';
  }
  return text;
}

std::string checks(const json& answer, Style style) {
  if (!text_at(answer, "judged_at")) {
    const bool connected = answer.value("connected", json{}) == true;
    return connected ? "\nThe gateway has not said yet what it asks of this laptop.\n"
                     : "\nNot connected: what the gateway asks of this laptop is not known.\n";
  }
  const auto& list = list_at(answer, "checks");
  if (list.empty()) return "\nNothing that you may reach asks for a posture check.\n";
  std::string text = "\nChecks that your access depends on:\n";
  for (const auto& check : list) text += check_text(check, style);
  if (const auto left_off = answer.value("left_off", json{}); left_off.is_number_unsigned() && left_off != 0)
    text += fmt::format("  and {} more, which may fail\n", left_off.get<std::uint64_t>());
  return text;
}

}  // namespace

std::string render_posture(const json& answer, Style style) { return reported(answer) + checks(answer, style); }

}  // namespace sallyport
