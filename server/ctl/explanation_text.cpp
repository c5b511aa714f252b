#include "server/ctl/explanation_text.hpp"

#include "common/base/text.hpp"
#include "server/ctl/gateway_link.hpp"

#include <fmt/format.h>

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxText = 512;

std::string safe(const Json& object, const char* key) { return escape_untrusted(text_of(object, key), kMaxText); }

std::string known(const Json& object, const char* key, const char* otherwise) {
  const auto text = safe(object, key);
  return text.empty() ? otherwise : text;
}

std::string place_of(const Json& rule) {
  const auto name = fmt::format("[{}.{}]", safe(rule, "kind"), safe(rule, "rule"));
  const auto file = safe(rule, "file");
  return file.empty() ? name : fmt::format("{} at {}:{}", name, file, number_of(rule, "line"));
}

std::string conditions_text(const Json& rule, const Console& console) {
  std::string text;
  for (const auto& each : member_of(rule, "conditions")) {
    const bool met = member_of(each, "met") == true;
    text += fmt::format("    {} {:<9} asks {}; here: {}\n",
                        console.styled(met ? "yes" : "no ", met ? Style::Good : Style::Bad), safe(each, "key"),
                        safe(each, "required"), safe(each, "actual"));
  }
  return text;
}

std::string candidates_text(const Json& explanation, const Console& console) {
  std::string text;
  for (const auto& rule : member_of(explanation, "candidates")) {
    const bool matches = member_of(rule, "matches") == true;
    text += fmt::format("\n  {} {}\n", place_of(rule), matches ? "matches" : "does not match");
    text += conditions_text(rule, console);
  }
  if (text.empty()) text = "\n  No rule speaks about this address.\n";
  if (const auto left_off = number_of(explanation, "left_off"))
    text += fmt::format("\n  {} more rules are not shown.\n", left_off);
  return text;
}

/// What would have to be otherwise for the other answer.
std::string change_text(const Json& explanation, bool allowed) {
  const auto found = explanation.find("change");
  if (found == explanation.end()) return {};
  if (!found->is_array()) {
    return allowed ? "\n  No change of evidence turns this: only another policy would.\n"
                   : "\n  No change of evidence opens this, as far as was looked: the policy itself would have to "
                     "change.\n";
  }
  std::string text = fmt::format("\n  It would be {} with:\n", allowed ? "denied" : "allowed");
  for (const auto& each : *found) {
    text += fmt::format("    {:<11} {}; here: {}\n", safe(each, "key"), safe(each, "to"), safe(each, "from"));
  }
  return text;
}

std::string destinations_text(const Json& explanation) {
  const auto& list = member_of(explanation, "destinations");
  if (!list.is_array()) return {};
  std::string text = "\n  The resource stands for the first and last address of each of its networks:\n";
  for (const auto& each : list) text += fmt::format("    {:<5} {}\n", safe(each, "verdict"), safe(each, "to"));
  return text;
}

std::string line(const char* label, const std::string& text) {
  return text.empty() ? std::string{} : fmt::format("  {:<8} {}\n", label, text);
}

}  // namespace

std::string explanation_text(const Json& explanation, const Console& console) {
  const auto verdict = safe(explanation, "verdict");
  const auto until = safe(explanation, "valid_until");
  const auto& first = member_of(explanation, "candidates");
  const bool has_rule = !text_of(explanation, "rule").empty() && first.is_array() && !first.empty();
  std::string text =
      fmt::format("{}: {} on {} to {}\n", console.styled(verdict, verdict == "allow" ? Style::Good : Style::Bad),
                  known(explanation, "as", "an unknown user"), known(explanation, "device", "an unknown device"),
                  safe(explanation, "to"));
  text += line("because", safe(explanation, "words"));
  if (has_rule) text += line("rule", place_of(first.front()));
  text += line("why", safe(explanation, "why"));
  text += line("asked at", safe(explanation, "at"));
  text += line("valid", until.empty() ? "until the policy or the session changes" : "until " + until);
  text += line("policy", safe(explanation, "policy"));
  const auto& notes = member_of(explanation, "notes");
  for (const auto& note : notes.is_array() ? notes : Json::array())
    text += line("note", note.is_string() ? escape_untrusted(note.get<std::string>(), kMaxText) : std::string{});
  const auto state = safe(explanation, "device_state");
  if (!state.empty() && state != "active") {
    text +=
        console.styled("  The device is " + state + ": it cannot connect, whatever the policy says.\n", Style::Warning);
  }
  if (member_of(explanation, "user_disabled") == true)
    text += console.styled("  The person is disabled: none of their devices can connect, whatever the policy says.\n",
                           Style::Warning);
  return text + destinations_text(explanation) + change_text(explanation, verdict == "allow") +
         candidates_text(explanation, console);
}

}  // namespace sallyport
