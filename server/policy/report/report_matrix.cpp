#include "server/policy/report/report_matrix.hpp"

#include "server/policy/report/resource_overlap.hpp"
#include "server/policy/report/rule_words.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

namespace sallyport {
namespace {

using Numbers = std::vector<std::uint32_t>;
/// Of each resource, the rules that speak of it.
using Spoken = std::map<std::uint32_t, std::vector<CellRule>>;

bool by_rule(const CellRule& a, const CellRule& b) { return a.rule < b.rule; }

class MatrixMaker {
 public:
  explicit MatrixMaker(PolicyReport& report)
      : report_{report}, policy_{report.policy->resolved()}, overlaps_{policy_.document.resources} {
    report_.overlaps_complete = overlaps_.complete();
    find_unconditional();
    for (const auto group : with_parents(policy_.groups_of_everyone)) everyone_groups_.insert(group);
  }

  void run() {
    everyones_rules_ = rules_of_everyone();
    everyone_ = spoken_by(everyones_rules_);
    report_.rows.push_back(ReportRow{SubjectKind::Everyone, "everyone", cells_of(everyone_)});
    for (std::uint32_t group = 0; group < policy_.document.groups.size(); ++group) add_group(group);
    for (const auto& person : people()) add_person(person);
  }

 private:
  void find_unconditional() {
    for (const auto& rule : policy_.document.rules) unconditional_.push_back(conditions_of(rule).empty());
  }

  /// The groups and all that hold them.
  std::set<std::uint32_t> with_parents(const Numbers& groups) const {
    std::set<std::uint32_t> all;
    Numbers waiting = groups;
    while (!waiting.empty()) {
      const auto group = waiting.back();
      waiting.pop_back();
      if (!all.insert(group).second) continue;
      const auto& parents = policy_.parents[group];
      waiting.insert(waiting.end(), parents.begin(), parents.end());
    }
    return all;
  }

  std::set<std::uint32_t> rules_of_everyone() const {
    const auto& index = policy_.rules_by_person;
    std::set<std::uint32_t> rules{index.of_everyone.begin(), index.of_everyone.end()};
    for (const auto group : everyone_groups_) rules.insert(index.of_group[group].begin(), index.of_group[group].end());
    return rules;
  }

  /// Without those that apply to everyone.
  std::set<std::uint32_t> own_rules(const Numbers& groups, const Numbers& by_name) const {
    std::set<std::uint32_t> rules{by_name.begin(), by_name.end()};
    for (const auto group : with_parents(groups)) {
      const auto& list = policy_.rules_by_person.of_group[group];
      rules.insert(list.begin(), list.end());
    }
    for (const auto rule : everyones_rules_) rules.erase(rule);
    return rules;
  }

  std::set<std::string> people() const {
    std::set<std::string> found;
    for (const auto& [user, rules] : policy_.rules_by_person.of_user) found.insert(user);
    return found;
  }

  void add_group(std::uint32_t group) {
    const auto& name = policy_.document.groups[group].name;
    const auto rules = own_rules({group}, {});
    if (rules.empty())
      report_.as_everyone.push_back(name);
    else
      add_row(SubjectKind::Group, name, rules);
  }

  void add_person(const std::string& person) {
    const auto groups = policy_.groups_of_user.find(person);
    const auto rules = own_rules(groups == policy_.groups_of_user.end() ? Numbers{} : groups->second,
                                 policy_.rules_by_person.of_user.at(person));
    if (!rules.empty()) add_row(SubjectKind::Person, person, rules);
  }

  void add_row(SubjectKind kind, const std::string& name, const std::set<std::uint32_t>& rules) {
    if (cells_ > kMaxReportCells) {
      ++report_.rows_left_off;
      return;
    }
    auto spoken = spoken_by(rules);
    for (auto& [resource, list] : spoken) {
      const auto everyones = everyone_.find(resource);
      if (everyones == everyone_.end()) continue;
      std::vector<CellRule> all;
      std::merge(list.begin(), list.end(), everyones->second.begin(), everyones->second.end(), std::back_inserter(all),
                 by_rule);
      list = std::move(all);
    }
    report_.rows.push_back(ReportRow{kind, name, cells_of(spoken)});
  }

  Spoken spoken_by(const std::set<std::uint32_t>& rules) const {
    Spoken spoken;
    for (const auto rule : rules) {
      if (report_.has_ended(policy_.document.rules[rule])) continue;
      if (policy_.rules[rule].to_any) {
        for (std::uint32_t i = 0; i < policy_.document.resources.size(); ++i)
          speak(spoken[i], CellRule{RuleIndex{rule}});
      }
      for (const auto resource : policy_.rules[rule].resources) {
        speak(spoken[resource], CellRule{RuleIndex{rule}});
        for (const auto& overlap : overlaps_.of(resource))
          speak(spoken[overlap.resource], CellRule{RuleIndex{rule}, overlap.whole, resource});
      }
    }
    return spoken;
  }

  /// A rule that reaches a resource in several ways counts by the widest.
  static void speak(std::vector<CellRule>& rules, const CellRule& rule) {
    if (rules.empty() || rules.back().rule != rule.rule) return rules.push_back(rule);
    auto& known = rules.back();
    if (known.through == kItself) return;
    if (rule.through == kItself || (rule.whole && !known.whole)) known = rule;
  }

  std::vector<ReportCell> cells_of(const Spoken& spoken) {
    std::vector<ReportCell> cells;
    for (const auto& [resource, rules] : spoken) {
      ReportCell cell{resource, answer_of(rules), rules, 0};
      if (rules.size() > kMaxCellRules) {
        cell.rules.resize(kMaxCellRules);
        cell.left_off = rules.size() - kMaxCellRules;
      }
      cells.push_back(std::move(cell));
    }
    cells_ += cells.size();
    return cells;
  }

  CellAnswer answer_of(const std::vector<CellRule>& rules) const {
    bool allow = false;
    bool plain_allow = false;
    bool deny = false;
    for (const auto& each : rules) {
      const auto index = static_cast<std::uint32_t>(each.rule);
      const auto& rule = policy_.document.rules[index];
      if (rule.rollout == Rollout::Shadow) continue;
      const bool plain = each.whole && unconditional_[index];
      if (rule.kind == RuleKind::Deny && plain) return CellAnswer::Denied;
      deny = deny || rule.kind == RuleKind::Deny;
      allow = allow || rule.kind == RuleKind::Allow;
      plain_allow = plain_allow || (rule.kind == RuleKind::Allow && plain);
    }
    if (!allow) return CellAnswer::No;
    return plain_allow && !deny ? CellAnswer::Yes : CellAnswer::If;
  }

  PolicyReport& report_;
  const ResolvedPolicy& policy_;
  ResourceOverlaps overlaps_;
  std::vector<bool> unconditional_;  ///< of each rule
  std::set<std::uint32_t> everyone_groups_;
  std::set<std::uint32_t> everyones_rules_;
  Spoken everyone_;
  std::size_t cells_ = 0;
};

}  // namespace

void fill_matrix(PolicyReport& report) { MatrixMaker{report}.run(); }

}  // namespace sallyport
