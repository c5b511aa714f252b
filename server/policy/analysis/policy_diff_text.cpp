#include "server/policy/analysis/policy_diff.hpp"
#include "server/policy/analysis/region_text.hpp"
#include "server/policy/condition_text.hpp"
#include "server/policy/resolved_policy.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <iterator>

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxCases = 32;

std::vector<RegionPart> parts_of(const PolicyDiff& diff, const AccessChange& change) {
  const auto& policy = change.access == Access::Gained ? diff.after() : diff.before();
  return parts_of(change.region, policy.resolved().document.resources);
}

/// Who, and whether they are several.
std::pair<std::string, bool> subject_of(const PolicyDiff& diff, const AccessChange& change) {
  const auto count = change.people.size();
  if (change.everyone_else && count == diff.people()) return {"everyone", false};
  if (change.everyone_else && count == 0) return {"everyone whom no policy names", false};
  if (count == 1 && !change.everyone_else) return {change.people.front(), false};
  return {
      fmt::format("{} {}{}", count, count == 1 ? "person" : "people", change.everyone_else ? " and everyone else" : ""),
      true};
}

std::string sentence(const PolicyDiff& diff, const AccessChange& change) {
  const auto [subject, several] = subject_of(diff, change);
  const bool gained = change.access == Access::Gained;
  const std::string_view verb = gained ? (several ? "reach" : "reaches") : (several ? "lose" : "loses");
  auto text = fmt::format("{} {} {} {}\n", gained ? '+' : '-', subject, verb, to_string(parts_of(diff, change)));
  if (several && !change.people.empty()) text += "    " + join_some(change.people) + '\n';
  return text;
}

std::string conditions_text(const ConditionSpace& space, const Cases& cases) {
  std::string text;
  for (const auto& each : cases.cases) {
    if (each.empty()) continue;
    text += text.empty() ? "    when " : "    or when ";
    for (std::size_t i = 0; i < each.size(); ++i) text += (i == 0 ? "" : ", ") + space.words(each[i]);
    text += '\n';
  }
  if (!cases.complete) text += "    or in more cases than can be shown\n";
  return text;
}

Json conditions_json(const ConditionSpace& space, const Cases& cases) {
  Json list = Json::array();
  for (const auto& each : cases.cases) {
    Json conditions = Json::array();
    for (const auto& literal : each) {
      conditions.push_back({{"key", key_of(space.atom(literal), literal.value)}, {"words", space.words(literal)}});
    }
    list.push_back(std::move(conditions));
  }
  return list;
}

Json parts_json(const std::vector<RegionPart>& parts) {
  Json list = Json::array();
  for (const auto& part : parts) {
    list.push_back({{"resource", part.resource.empty() ? Json(nullptr) : Json(part.resource)},
                    {"addresses", part.addresses.empty() ? Json(nullptr) : Json(part.addresses)},
                    {"services", part.services.empty() ? Json(nullptr) : Json(part.services)}});
  }
  return list;
}

}  // namespace

Json to_json(const PolicyDiff& diff) {
  Json list = Json::array();
  for (const auto& change : diff.changes()) {
    const auto cases = diff.space().cases_of(change.when, kMaxCases);
    list.push_back({{"change", change.access == Access::Gained ? "gained" : "lost"},
                    {"people", change.people},
                    {"everyone_else", change.everyone_else},
                    {"to", parts_json(parts_of(diff, change))},
                    {"when", conditions_json(diff.space(), cases)},
                    {"when_complete", cases.complete}});
  }
  return {{"same", list.empty()}, {"old", diff.before().hash()}, {"new", diff.after().hash()}, {"changes", list}};
}

std::string to_text(const PolicyDiff& diff) {
  if (diff.changes().empty()) return "Nothing changes: the same people reach the same destinations.\n";
  std::string text;
  for (const auto& change : diff.changes()) {
    text += sentence(diff, change);
    text += conditions_text(diff.space(), diff.space().cases_of(change.when, kMaxCases));
  }
  return text;
}

}  // namespace sallyport
