#include "server/policy/explain.hpp"

#include "common/base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iterator>
#include <string_view>

namespace sallyport {
namespace {

using nlohmann::json;

json text_or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

json time_or_null(WallTime time) { return time == kNever ? json(nullptr) : json(format_utc(time)); }

json conditions_to_json(const CandidateRule& rule) {
  json list = json::array();
  for (const auto& condition : rule.conditions) {
    list.push_back({{"key", condition.key},
                    {"required", condition.required},
                    {"actual", condition.actual},
                    {"met", condition.met}});
  }
  return list;
}

json candidate_to_json(const CandidateRule& rule) {
  return {{"rule", rule.name},
          {"kind", name_of(rule.kind)},
          {"file", text_or_null(rule.file)},
          {"line", rule.line},
          {"why", text_or_null(rule.why)},
          {"matches", rule.matches},
          {"shadow", rule.in_shadow},
          {"conditions", conditions_to_json(rule)}};
}

std::string safe(std::string_view text) { return escape_untrusted(text, 512); }

std::string place_of(const CandidateRule& rule) {
  std::string text = fmt::format("[{}.{}]", name_of(rule.kind), rule.name);
  if (!rule.file.empty()) text += fmt::format(" at {}:{}", safe(rule.file), rule.line);
  return text;
}

void append_candidate(std::string& out, const CandidateRule& rule) {
  fmt::format_to(std::back_inserter(out), "\n  {} {}\n", place_of(rule),
                 rule.in_shadow ? (rule.matches ? "would match, but is in shadow" : "does not match (in shadow)")
                 : rule.matches ? "matches"
                                : "does not match");
  for (const auto& condition : rule.conditions) {
    fmt::format_to(std::back_inserter(out), "    {} {:<14} asks {}; here: {}\n", condition.met ? "yes" : "no ",
                   condition.key, safe(condition.required), safe(condition.actual));
  }
}

void append_decision(std::string& out, const Explanation& explanation) {
  const auto& decision = explanation.decision;
  const auto line = [&out](std::string_view label, const std::string& text) {
    fmt::format_to(std::back_inserter(out), "  {:<8} {}\n", label, text);
  };
  line("because", std::string{describe(decision.reason)});
  if (const auto* rule = explanation.deciding()) {
    line("rule", place_of(*rule));
    if (!rule->why.empty()) line("why", safe(rule->why));
  }
  line("asked at", format_utc(explanation.at));
  line("valid", decision.valid_until == kNever ? std::string{"until the policy or the session changes"}
                                               : "until " + format_utc(decision.valid_until));
  line("policy", explanation.policy_hash);
}

}  // namespace

json to_json(const Explanation& explanation) {
  const auto& [evidence, destination, at, decision, hash, candidates, left_off] = explanation;
  const auto* rule = explanation.deciding();
  json list = json::array();
  for (const auto& candidate : candidates) list.push_back(candidate_to_json(candidate));
  return {{"v", 1},
          {"verdict", name_of(decision.verdict)},
          {"rule", rule == nullptr ? json(nullptr) : json(rule->name)},
          {"reason", name_of(decision.reason)},
          {"words", describe(decision.reason)},
          {"valid_until", time_or_null(decision.valid_until)},
          {"file", rule == nullptr ? json(nullptr) : text_or_null(rule->file)},
          {"line", rule == nullptr ? json(nullptr) : json(rule->line)},
          {"why", rule == nullptr ? json(nullptr) : text_or_null(rule->why)},
          {"conditions", rule == nullptr ? json::array() : conditions_to_json(*rule)},
          {"policy", hash},
          {"as", text_or_null(evidence.user.text())},
          {"device", text_or_null(evidence.device.text())},
          {"from", evidence.source.is_unspecified() ? json(nullptr) : json(evidence.source.to_string())},
          {"certificate_expires", time_or_null(evidence.certificate_expires)},
          {"to", to_string(destination)},
          {"at", format_utc(at)},
          {"candidates", list},
          {"left_off", left_off}};
}

std::string to_text(const Explanation& explanation) {
  const auto& evidence = explanation.evidence;
  std::string out = fmt::format("{}: {} on {} to {}\n", name_of(explanation.decision.verdict),
                                evidence.user.empty() ? "an unknown user" : safe(evidence.user.text()),
                                evidence.device.empty() ? "an unknown device" : safe(evidence.device.text()),
                                to_string(explanation.destination));
  append_decision(out, explanation);
  for (const auto& candidate : explanation.candidates) append_candidate(out, candidate);
  if (explanation.candidates.empty()) out += "\n  No rule speaks about this address.\n";
  if (explanation.left_off != 0) out += fmt::format("\n  {} more rules are not shown.\n", explanation.left_off);
  return out;
}

}  // namespace sallyport
