#include "common/base/text.hpp"
#include "server/ctl/policy_commands.hpp"
#include "server/ctl/policy_target.hpp"
#include "server/ctl/readable.hpp"
#include "server/policy/analysis/reach.hpp"
#include "server/policy/condition_text.hpp"
#include "server/policy/diagnostic_list.hpp"
#include "server/policy/resolved_policy.hpp"
#include "server/policy/targets.hpp"
#include "server/store/store.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;
using DevicesOfPeople = std::map<std::string, std::vector<std::string>>;

/// The active devices of each person; empty without a gateway's records.
DevicesOfPeople known_devices(const std::string& config_path) {
  DevicesOfPeople devices;
  const auto config = load_gateway_config(config_path);
  if (!config) return devices;
  auto store = Store::open(config->database());
  const auto records = store ? store->devices() : Store::Outcome<std::vector<DeviceRecord>>{};
  for (const auto& record : records ? *records : std::vector<DeviceRecord>{}) {
    if (record.state == DeviceState::Active) devices[record.user.text()].push_back(record.id.text());
  }
  return devices;
}

std::string join(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

/// "posture healthy holds, user proof less than 8h ago; or from office"
std::string needs_text(const Way& way) {
  std::vector<std::string> cases;
  for (const auto& each : way.needs) cases.push_back(join(each, ", "));
  const auto text = join(cases, "; or ");
  return text.empty() ? "nothing else" : text;
}

/// The answer for one destination, for a terminal and as data.
class WhoAnswer {
 public:
  WhoAnswer(const Policy& policy, const DevicesOfPeople& devices) : policy_{policy}, devices_{devices} {}

  [[nodiscard]] TextTable table(const Reach& reach) const {
    auto headings = std::vector<std::string>{"PERSON", "BY", "NEEDS"};
    if (!devices_.empty()) headings.insert(headings.begin() + 1, "DEVICES");
    TextTable table{headings};
    for (const auto& reacher : reach.by) {
      for (const auto& person : people_of(reacher)) add_rows(table, person, reacher);
    }
    return table;
  }

  [[nodiscard]] Json document(const Reach& reach) const {
    Json list = Json::array();
    for (const auto& reacher : reach.by) {
      Json ways = Json::array();
      for (const auto& way : reacher.ways) ways.push_back(way_document(way));
      Json devices = Json::object();
      for (const auto& person : reacher.people) {
        const auto own = devices_.find(person);
        if (own != devices_.end()) devices[person] = own->second;
      }
      list.push_back(
          {{"people", reacher.people}, {"everyone_else", reacher.everyone_else}, {"devices", devices}, {"ways", ways}});
    }
    return {{"to", to_string(reach.destination)}, {"by", list}};
  }

 private:
  static std::vector<std::string> people_of(const Reacher& reacher) {
    auto people = reacher.people;
    if (reacher.everyone_else) people.emplace_back(people.empty() ? "everyone" : "everyone else");
    return people;
  }

  void add_rows(TextTable& table, const std::string& person, const Reacher& reacher) const {
    const auto own = devices_.find(person);
    for (const auto& way : reacher.ways) {
      const bool first = &way == &reacher.ways.front();
      std::vector<Cell> cells{first ? person : "", rule_text(way), needs_text(way)};
      const auto devices = own == devices_.end() ? std::string{"-"} : join_some(own->second);
      if (!devices_.empty()) cells.insert(cells.begin() + 1, Cell{first ? devices : ""});
      table.add(std::move(cells));
    }
  }

  [[nodiscard]] std::string rule_text(const Way& way) const {
    const auto& rule = *policy_.rule(way.rule);
    return fmt::format("[{}.{}]", name_of(rule.kind), rule.name);
  }

  [[nodiscard]] Json way_document(const Way& way) const {
    const auto& rule = *policy_.rule(way.rule);
    const auto& document = policy_.resolved().document;
    return {{"rule", rule.name},
            {"file", file_name(document, rule.place)},
            {"line", rule.place.line},
            {"needs", way.needs}};
  }

  const Policy& policy_;
  const DevicesOfPeople& devices_;
};

CtlExit show(Ctl& ctl, const Policy& policy, const std::vector<Reach>& answers, const std::string& directory) {
  const auto devices = known_devices(ctl.config_path);
  const WhoAnswer answer{policy, devices};
  Json list = Json::array();
  for (const auto& reach : answers) {
    list.push_back(answer.document(reach));
    const auto table = answer.table(reach);
    ctl.console.say(fmt::format("{}{}\n", to_string(reach.destination), table.empty() ? ": nobody reaches it" : ""));
    if (!table.empty()) ctl.console.show(table);
  }
  ctl.console.document({{"directory", directory}, {"policy", policy.hash()}, {"destinations", list}});
  return CtlExit::Ok;
}

}  // namespace

CtlExit who_reaches_target(Ctl& ctl, const WhoOptions& options) {
  const auto to = readable_target(options.to);
  if (!to) return ctl.console.fail(CtlExit::Usage, to.error());
  const auto at = options.at.empty() ? std::nullopt : parse_utc(options.at);
  if (!options.at.empty() && !at)
    return ctl.console.fail(CtlExit::Usage, "--at: write the time as 2026-11-21T08:00:00Z, in UTC");
  const auto directory = policy_directory(ctl, options.files);
  if (!directory) return CtlExit::Failed;
  const auto loaded = load_policy(*directory);
  if (!loaded) return ctl.console.fail(CtlExit::Failed, "the policy cannot be used", loaded.error());
  const auto destinations = expand_target(*loaded->policy, *to);
  if (!destinations) return ctl.console.fail(CtlExit::Usage, destinations.error().message, destinations.error().hint);
  std::vector<Reach> answers;
  for (const auto& destination : *destinations) {
    auto reach = who_reaches(*loaded->policy, destination, at, ctl.now);
    if (!reach) return ctl.console.fail(CtlExit::Failed, reach.error());
    answers.push_back(std::move(*reach));
  }
  return show(ctl, *loaded->policy, answers, *directory);
}

}  // namespace sallyport
