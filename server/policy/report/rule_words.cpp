#include "server/policy/report/rule_words.hpp"

#include "server/policy/age_limit.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace sallyport {
namespace {

constexpr std::size_t kMaxListed = 8;

using Conditions = std::vector<RuleCondition>;

void add_names(Conditions& conditions, const char* key, const std::string& words,
               const std::optional<std::vector<NameUse>>& names) {
  if (!names) return;
  auto values = texts_of(*names);
  auto text = words + one_of(values);
  conditions.push_back({key, std::move(values), std::move(text), false});
}

void add_age(Conditions& conditions, const char* key, const std::string& what,
             const std::optional<std::chrono::seconds>& age, RuleKind kind) {
  if (!age) return;
  const bool always = kind == RuleKind::Deny;
  conditions.push_back({key,
                        {age_to_text(*age)},
                        what + " less than " + age_to_text(*age) + " ago" + (always ? " (always met)" : ""),
                        always});
}

}  // namespace

std::vector<RuleCondition> conditions_of(const PolicyRule& rule) {
  Conditions conditions;
  add_names(conditions, "devices", "on ", rule.devices);
  add_names(conditions, "from", "from ", rule.from);
  add_names(conditions, "not_from", "not from ", rule.not_from);
  add_names(conditions, "posture", "posture ", rule.posture);
  add_names(conditions, "during", "during ", rule.during);
  add_names(conditions, "outside", "outside of ", rule.outside);
  add_age(conditions, "key_age", "device key proved", rule.key_age, rule.kind);
  add_age(conditions, "proof_age", "presence proved", rule.proof_age, rule.kind);
  add_age(conditions, "revocation_age", "revocation list issued", rule.revocation_age, rule.kind);
  if (rule.until)
    conditions.push_back({"until", {format_utc(*rule.until)}, "before " + format_utc(*rule.until), false});
  return conditions;
}

bool is_unconditional(const PolicyRule& rule) {
  const auto conditions = conditions_of(rule);
  return std::all_of(conditions.begin(), conditions.end(),
                     [](const RuleCondition& condition) { return condition.always_met; });
}

std::string title_of(const PolicyRule& rule) { return '[' + std::string{name_of(rule.kind)} + '.' + rule.name + ']'; }

std::string words_of(const WeeklyHours& hours) {
  std::string text;
  for (const auto& window : hours.windows) {
    text += (text.empty() ? "" : ", ") + days_to_text(window.days) + ' ' + time_range_to_text(window.from, window.to);
  }
  return hours.zone ? text + " in " + hours.zone->name() : text;
}

std::vector<std::string> lines_of(const PostureCheck& check) {
  std::vector<std::string> lines;
  for (const auto& [fact, value] : check.facts) lines.push_back(fact + " = " + (value ? "true" : "false"));
  std::vector<std::string> systems;
  for (const auto& [os, versions] : check.os) systems.push_back(os + ' ' + versions.to_string());
  if (!systems.empty()) lines.push_back("os " + one_of(systems));
  if (check.kernel) lines.push_back("kernel " + check.kernel->to_string());
  for (const auto& name : check.processes) lines.push_back("process " + name + " runs");
  for (const auto& path : check.files) lines.push_back("file " + path + " is there");
  if (check.reported_within) lines.push_back("reported within " + age_to_text(*check.reported_within));
  return lines;
}

std::string one_of(const std::vector<std::string>& names) {
  const auto shown = names.size() > kMaxListed ? kMaxListed : names.size();
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == names.size();
    text += (i == 0 ? "" : last ? " or " : ", ") + names[i];
  }
  return shown == names.size() ? text : text + " or " + std::to_string(names.size() - shown) + " more";
}

std::vector<std::string> texts_of(const std::vector<NameUse>& names) {
  std::vector<std::string> texts;
  texts.reserve(names.size());
  for (const auto& name : names) texts.push_back(name.text);
  return texts;
}

}  // namespace sallyport
