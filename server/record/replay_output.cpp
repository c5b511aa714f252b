#include "server/record/flow_replay.hpp"
#include "server/record/replay.hpp"

#include "common/base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

Json rule_document(const std::optional<RuleReference>& rule) {
  if (!rule) return nullptr;
  return {{"kind", name_of(rule->kind)}, {"name", rule->name}, {"file", rule->file}, {"line", rule->line}};
}

Json side(Verdict verdict, const std::optional<RuleReference>& rule) {
  return {{"verdict", name_of(verdict)}, {"rule", rule_document(rule)}};
}

std::string verdict_text(Verdict verdict, const std::optional<RuleReference>& rule) {
  const auto* word = verdict == Verdict::Allow ? "allowed" : "denied";
  if (rule) return fmt::format("{} by {}", word, escape_untrusted(name_of(*rule)));
  return fmt::format("{}, for no rule allows it", word);
}

}  // namespace

Json to_json(const Replay& replay, std::size_t most) {
  const auto groups = replay.groups();
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(most, groups.size()); ++i) {
    const auto& each = groups[i];
    list.push_back({{"user", each.user},
                    {"to", to_string(each.destination)},
                    {"count", each.count},
                    {"was", side(each.was, each.by)},
                    {"would_be", side(each.would_be, each.would_be_by)},
                    {"devices", each.devices},
                    {"first", format_utc(each.first)},
                    {"last", format_utc(each.last)}});
  }
  return {{"judged", replay.judged()},
          {"turned", replay.turned()},
          {"newly_denied", replay.newly_denied()},
          {"newly_allowed", replay.newly_allowed()},
          {"groups", std::move(list)},
          {"left_off", groups.size() - std::min(most, groups.size())}};
}

Json to_json(const FlowReplay& replay, std::size_t most) {
  const auto groups = replay.groups();
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(most, groups.size()); ++i) {
    const auto& each = groups[i];
    list.push_back({{"user", each.user},
                    {"to", to_string(each.destination)},
                    {"count", each.count},
                    {"rule", rule_document(each.by)},
                    {"cut_by", rule_document(each.cut_by)},
                    {"devices", each.devices},
                    {"since", format_utc(each.since)},
                    {"cut_at", format_utc(each.cut_at)},
                    {"ended", format_utc(each.ended)}});
  }
  return {{"followed", replay.followed()},
          {"cut", replay.cut()},
          {"unfinished", replay.unfinished()},
          {"groups", std::move(list)},
          {"left_off", groups.size() - std::min(most, groups.size())}};
}

std::string to_text(const CutFlows& flows) {
  const bool is_one = flows.count == 1;
  return fmt::format("{} flow{} of {} to {} would have been cut{} at {}: {} (it lived from {} to {}{})", flows.count,
                     is_one ? "" : "s", escape_untrusted(flows.user), to_string(flows.destination),
                     is_one ? "" : ", the first", format_utc(flows.cut_at), verdict_text(Verdict::Deny, flows.cut_by),
                     format_utc(flows.since), format_utc(flows.ended),
                     flows.by ? ", " + verdict_text(Verdict::Allow, flows.by) : std::string{});
}

std::string to_text(const TurnedDecisions& turned) {
  return fmt::format("{} decision{} of {} to {} would be {} ({} {})", turned.count, turned.count == 1 ? "" : "s",
                     escape_untrusted(turned.user), to_string(turned.destination),
                     verdict_text(turned.would_be, turned.would_be_by), turned.count == 1 ? "was" : "were",
                     verdict_text(turned.was, turned.by));
}

}  // namespace sallyport
