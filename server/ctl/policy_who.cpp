#include "common/base/text.hpp"
#include "server/ctl/known_devices.hpp"
#include "server/ctl/policy_commands.hpp"
#include "server/ctl/policy_target.hpp"
#include "server/ctl/readable.hpp"
#include "server/policy/analysis/reach.hpp"
#include "server/policy/condition_text.hpp"
#include "server/policy/diagnostic_list.hpp"
#include "server/policy/resolved_policy.hpp"
#include "server/policy/targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace sallyport {
namespace {

using Json = nlohmann::json;

/// What a terminal shows of one rule; --json has all.
constexpr std::size_t kMaxShown = 16;
constexpr std::size_t kWidth = 100;

std::string join(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

std::string devices_words(const std::vector<std::string>& devices) {
  if (devices.size() <= 3) return "on device " + join(devices, " or ");
  return fmt::format("on one of {} devices", devices.size());
}

/// "posture healthy holds, user proof less than 8h ago" in lines that a terminal holds.
void append_lines(const Need& need, std::vector<std::string>& lines) {
  auto words = need.words;
  if (!need.devices.empty()) words.insert(words.begin(), devices_words(need.devices));
  std::string line = lines.empty() ? "" : "or ";
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0 && line.size() + words[i].size() > kWidth) {
      lines.push_back(std::move(line));
      line = "  ";
    }
    line += words[i] + (i + 1 < words.size() ? ", " : "");
  }
  if (words.empty()) line += "nothing else";
  lines.push_back(std::move(line));
}

std::vector<std::string> needs_lines(const Way& way) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < std::min(way.needs.size(), kMaxShown); ++i) append_lines(way.needs[i], lines);
  if (way.needs.size() > kMaxShown || !way.complete) lines.emplace_back("or in more cases");
  return lines;
}

bool is_cut(const Way& way) {
  return way.needs.size() > kMaxShown ||
         std::any_of(way.needs.begin(), way.needs.end(), [](const Need& need) { return need.devices.size() > 3; });
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
      for (const auto& person : people_of(reacher, reach)) add_rows(table, person, reacher);
    }
    return table;
  }

  /// What the table does not say.
  [[nodiscard]] static std::string remarks(const Reach& reach) {
    std::string text;
    const auto is_open = [](const Reacher& each) { return each.everyone_else; };
    if (!reach.left_out.empty() && std::any_of(reach.by.begin(), reach.by.end(), is_open))
      text += "Not among them: " + join_some(reach.left_out) + '\n';
    const bool cut = std::any_of(reach.by.begin(), reach.by.end(), [](const Reacher& each) {
      return std::any_of(each.ways.begin(), each.ways.end(), is_cut);
    });
    if (cut || (!text.empty() && reach.left_out.size() > kMaxListed)) text += "All names and cases: --json\n";
    if (!reach.exact) text += "Some of these cases may never come about: there are too many conditions to compare.\n";
    return text;
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
    return {{"to", to_string(reach.destination)}, {"by", list}, {"left_out", reach.left_out}, {"exact", reach.exact}};
  }

 private:
  /// All whom the policy names and whom it does not are everyone, in one line unless devices are to be told.
  [[nodiscard]] std::vector<std::string> people_of(const Reacher& reacher, const Reach& reach) const {
    const bool all = reacher.everyone_else && reach.by.size() == 1 && reach.left_out.empty();
    if (all && (devices_.empty() || reacher.people.empty())) return {"everyone"};
    auto people = reacher.people;
    if (reacher.everyone_else) people.emplace_back("everyone else");
    return people;
  }

  void add_rows(TextTable& table, const std::string& person, const Reacher& reacher) const {
    const auto own = devices_.find(person);
    const auto devices = own == devices_.end() ? std::string{"-"} : join_some(own->second);
    bool first = true;
    for (const auto& way : reacher.ways) {
      auto rule = rule_text(way);
      for (const auto& line : needs_lines(way)) {
        std::vector<Cell> cells{first ? person : "", std::exchange(rule, {}), line};
        if (!devices_.empty()) cells.insert(cells.begin() + 1, Cell{first ? devices : ""});
        table.add(std::move(cells));
        first = false;
      }
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
            {"needs", needs_document(way)},
            {"needs_complete", way.complete}};
  }

  static Json needs_document(const Way& way) {
    Json list = Json::array();
    for (const auto& need : way.needs) {
      if (need.devices.empty()) list.push_back(need.words);
      for (const auto& device : need.devices) {
        auto words = need.words;
        words.insert(words.begin(), "on device " + device);
        list.push_back(std::move(words));
      }
    }
    return list;
  }

  const Policy& policy_;
  const DevicesOfPeople& devices_;
};

CtlExit show(Ctl& ctl, const AskedPolicy& asked, const std::vector<Reach>& answers, const std::string& directory) {
  const auto& policy = *asked.loaded.policy;
  const auto devices = known_devices(ctl.config_path);
  const WhoAnswer answer{policy, devices};
  Json list = Json::array();
  for (const auto& reach : answers) {
    list.push_back(answer.document(reach));
    const auto table = answer.table(reach);
    ctl.console.say(fmt::format("{}{}\n", to_string(reach.destination), table.empty() ? ": nobody reaches it" : ""));
    if (!table.empty()) ctl.console.show(table);
    ctl.console.say(WhoAnswer::remarks(reach));
  }
  ctl.console.document({{"directory", directory},
                        {"policy", policy.hash()},
                        {"failed_tests", asked.failed_tests},
                        {"destinations", list}});
  return CtlExit::Ok;
}

}  // namespace

CtlExit who_reaches_target(Ctl& ctl, const WhoOptions& options) {
  const auto to = readable_target(options.to);
  if (!to) return ctl.console.fail(CtlExit::Usage, to.error());
  const auto at = options.at.empty() ? std::nullopt : parse_utc(options.at);
  if (!options.at.empty() && !at)
    return ctl.console.fail(CtlExit::Usage, "--at: write the time as 2026-11-21T08:00:00Z, in UTC");
  const auto directory = policy_directory(ctl, options.files, "name a directory: sallyportctl policy who --dir DIR TO");
  if (!directory) return CtlExit::Failed;
  const auto asked = load_asked(ctl, *directory);
  if (!asked) return CtlExit::Failed;
  const auto& policy = *asked->loaded.policy;
  const auto destinations = expand_target(policy, *to);
  if (!destinations) return ctl.console.fail(CtlExit::Usage, destinations.error().message, destinations.error().hint);
  std::vector<Reach> answers;
  for (const auto& destination : *destinations) {
    auto reach = who_reaches(policy, destination, at, ctl.now);
    if (!reach) return ctl.console.fail(CtlExit::Failed, reach.error());
    answers.push_back(std::move(*reach));
  }
  return show(ctl, *asked, answers, *directory);
}

}  // namespace sallyport
