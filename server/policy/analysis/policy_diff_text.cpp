#include "server/policy/analysis/policy_diff.hpp"
#include "server/policy/analysis/region_text.hpp"
#include "server/policy/condition_text.hpp"
#include "server/policy/resolved_policy.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxShown = 32;
constexpr std::size_t kMaxCases = 1000;

/// Destinations by the names that they have in the policy which opens them.
class PlaceNames {
 public:
  explicit PlaceNames(const PolicyDiff& diff)
      : before_{diff.before().resolved().document.resources}, after_{diff.after().resolved().document.resources} {}

  [[nodiscard]] const std::vector<RegionPart>& of(const AccessChange& change) {
    return (change.access == Access::Gained ? after_ : before_).parts_of(change.region);
  }

 private:
  RegionNames before_;
  RegionNames after_;
};

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

/// "ana-laptop, bo-laptop" of the people of a change, whose devices are known.
std::vector<std::string> devices_of(const AccessChange& change, const DevicesOfPeople& devices) {
  std::vector<std::string> names;
  for (const auto& person : change.people) {
    const auto own = devices.find(person);
    if (own != devices.end()) names.insert(names.end(), own->second.begin(), own->second.end());
  }
  return names;
}

Json devices_json(const AccessChange& change, const DevicesOfPeople& devices) {
  Json all = Json::object();
  for (const auto& person : change.people) {
    const auto own = devices.find(person);
    if (own != devices.end()) all[person] = own->second;
  }
  return all;
}

std::string conditions_text(const ConditionSpace& space, const Cases& cases) {
  if (cases.cases.empty() && !cases.complete) return "    in cases that are too intricate to be listed\n";
  std::string text;
  for (const auto& each : cases.cases) {
    if (each.empty()) continue;
    text += text.empty() ? "    when " : "    or when ";
    for (std::size_t i = 0; i < each.size(); ++i) text += (i == 0 ? "" : ", ") + space.words(each[i]);
    text += '\n';
  }
  if (!cases.complete) text += "    or in more cases: --json\n";
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

class DiffText {
 public:
  DiffText(const PolicyDiff& diff, const DevicesOfPeople& devices) : diff_{diff}, devices_{devices}, names_{diff} {}

  [[nodiscard]] std::string run() {
    std::string text;
    for (const auto& change : diff_.changes()) {
      text += sentence(change);
      const auto [conditions, is_new] = conditions_.try_emplace(change.when);
      if (is_new) conditions->second = conditions_text(diff_.space(), diff_.space().cases_of(change.when, kMaxShown));
      text += conditions->second;
    }
    if (any_left_off_) text += "All names: --json\n";
    if (!diff_.exact()) {
      text +=
          "Some of this may never come about: networks, hours or posture checks are too many to be compared with each "
          "other.\n";
    }
    return text;
  }

 private:
  std::string sentence(const AccessChange& change) {
    const auto [subject, several] = subject_of(diff_, change);
    const bool gained = change.access == Access::Gained;
    const std::string_view verb = gained ? (several ? "reach" : "reaches") : (several ? "lose" : "loses");
    const auto& parts = names_.of(change);
    const auto devices = devices_of(change, devices_);
    auto text = fmt::format("{} {} {} {}\n", gained ? '+' : '-', subject, verb, to_string(parts));
    if (several && !change.people.empty()) text += "    " + join_some(change.people) + '\n';
    if (!devices.empty()) text += "    devices: " + join_some(devices) + '\n';
    any_left_off_ = any_left_off_ || parts.size() > kMaxListed || devices.size() > kMaxListed ||
                    (several && change.people.size() > kMaxListed);
    return text;
  }

  const PolicyDiff& diff_;
  const DevicesOfPeople& devices_;
  PlaceNames names_;
  std::map<Formula, std::string> conditions_;
  bool any_left_off_ = false;
};

}  // namespace

Json to_json(const PolicyDiff& diff, const DevicesOfPeople& devices) {
  Json list = Json::array();
  PlaceNames names{diff};
  std::map<Formula, std::pair<Json, bool>> conditions;
  for (const auto& change : diff.changes()) {
    const auto [when, is_new] = conditions.try_emplace(change.when);
    if (is_new) {
      const auto cases = diff.space().cases_of(change.when, kMaxCases);
      when->second = {conditions_json(diff.space(), cases), cases.complete};
    }
    list.push_back({{"change", change.access == Access::Gained ? "gained" : "lost"},
                    {"people", change.people},
                    {"everyone_else", change.everyone_else},
                    {"devices", devices_json(change, devices)},
                    {"to", parts_json(names.of(change))},
                    {"when", when->second.first},
                    {"when_complete", when->second.second}});
  }
  return {{"same", list.empty()},
          {"exact", diff.exact()},
          {"old", diff.before().hash()},
          {"new", diff.after().hash()},
          {"changes", list}};
}

std::string to_text(const PolicyDiff& diff, const DevicesOfPeople& devices) {
  if (diff.changes().empty()) return "Nothing changes: the same people reach the same destinations.\n";
  return DiffText{diff, devices}.run();
}

}  // namespace sallyport
