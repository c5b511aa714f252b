#include "server/ctl/live_text.hpp"

#include "common/base/text.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/ctl/readable.hpp"

#include <fmt/format.h>

namespace sallyport {
namespace {

using Json = nlohmann::json;

std::string safe(const Json& object, const char* key) { return escape_untrusted(text_of(object, key)); }

/// "key 12 s, list 3 h 2 min": how old the dated evidence was.
std::string ages_text(const Json& decision) {
  const auto& evidence = member_of(decision, "evidence");
  const auto at = parse_utc(text_of(decision, "time"));
  std::string text;
  const auto add = [&](const char* name, const Json& from, const char* key) {
    const auto time = parse_utc(text_of(from, key));
    if (!at || !time) return;
    text += fmt::format("{}{} {} old", text.empty() ? "" : ", ", name,
                        *time <= *at ? readable_duration(*at - *time) : std::string{"0 s"});
  };
  add("key", evidence, "key_proved");
  add("proof", evidence, "user_proved");
  add("posture", member_of(evidence, "posture"), "reported");
  add("revocation list", evidence, "revocation_as_of");
  return text;
}

std::string end_text(const Json& decision) {
  const auto end = text_of(decision, "end");
  const char* words = end == "no_longer_allowed" ? "cut: no longer allowed"
                      : end == "silent"          ? "ended: silent"
                      : end == "made_room"       ? "ended: made room for a newer flow"
                      : end == "session_ended"   ? "ended with its session"
                                                 : "ended";
  return fmt::format("{} after {} in, {} out", words, readable_octets(number_of(decision, "bytes_in")),
                     readable_octets(number_of(decision, "bytes_out")));
}

std::string shadow_text(const Json& decision) {
  const auto& shadow = member_of(decision, "shadow");
  if (!shadow.is_object()) return {};
  return fmt::format("; would be {} by {}, which is in shadow",
                     text_of(shadow, "kind") == "deny" ? "denied" : "allowed", rule_text(shadow));
}

}  // namespace

std::string rule_text(const Json& rule) {
  if (!rule.is_object()) return {};
  const auto name = fmt::format("[{}.{}]", safe(rule, "kind"), safe(rule, "name"));
  const auto file = safe(rule, "file");
  return file.empty() ? name : fmt::format("{} at {}:{}", name, file, number_of(rule, "line"));
}

std::string decision_text(const Json& decision, const Console& console) {
  const auto event = text_of(decision, "event");
  if (event == "lost") return fmt::format("... {} decisions were too fast to show\n", number_of(decision, "lost"));
  const bool allows = text_of(decision, "verdict") == "allow";
  const auto rule = rule_text(member_of(decision, "rule"));
  const auto until = safe(decision, "valid_until");
  const auto code = safe(decision, "code");
  const auto ages = ages_text(decision);
  std::string text =
      fmt::format("{}  {:<5}  {}  ", safe(decision, "time"), allows ? "allow" : "deny", safe(decision, "to"));
  if (event == "ended") text += end_text(decision) + (rule.empty() ? "" : ", ");
  text +=
      rule.empty() ? (event == "ended" ? std::string{} : safe(decision, "reason")) : (allows ? "by " : "by ") + rule;
  text += shadow_text(decision);
  if (event == "opened" && !until.empty()) text += "; until " + until;
  if (!code.empty()) text += "; code " + code;
  if (!ages.empty()) text += " (" + ages + ')';
  return console.styled(text, event == "opened" ? Style::Plain : allows ? Style::Faint : Style::Bad) + '\n';
}

}  // namespace sallyport
