#include "server/policy/report/report_matrix.hpp"

#include "server/policy/report/cell_draft.hpp"
#include "server/policy/report/rule_spans.hpp"
#include "server/policy/report/rule_words.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace sallyport {
namespace {

using Numbers = std::vector<std::uint32_t>;

/// Of each resource that rules speak of.
using Drafts = std::map<std::uint32_t, CellDraft>;

class MatrixMaker {
 public:
  explicit MatrixMaker(PolicyReport& report)
      : report_{report}, policy_{report.policy->resolved()}, spans_{policy_}, spoken_of_(count_of(policy_)) {
    report_.overlaps_complete = spans_.complete();
    for (const auto& rule : policy_.document.rules) unconditional_.push_back(is_unconditional(rule));
    for (const auto group : with_parents(policy_.groups_of_everyone)) everyone_groups_.insert(group);
  }

  void run() {
    everyones_rules_ = rules_of_everyone();
    add_everyone();
    for (std::uint32_t group = 0; group < policy_.document.groups.size(); ++group) add_group(group);
    for (const auto& person : people()) add_person(person);
    for (std::uint32_t i = 0; i < spoken_of_.size(); ++i) {
      if (spoken_of_[i]) report_.spoken_of.push_back(i);
    }
  }

 private:
  static std::size_t count_of(const ResolvedPolicy& policy) { return policy.document.resources.size(); }

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

  /// A deny for everyone says nothing where nothing is open.
  void add_everyone() {
    auto drafts = drafts_of(everyones_rules_);
    for (const auto& [resource, draft] : drafts) {
      everyone_[resource] = draft.voices();
      const auto answer = answer_of(draft.voices(), true);
      if (answer == CellAnswer::Yes || answer == CellAnswer::If) spoken_of_[resource] = true;
    }
    report_.rows.push_back(ReportRow{SubjectKind::Everyone, "everyone", cells_of(drafts, {})});
  }

  void add_row(SubjectKind kind, const std::string& name, const std::set<std::uint32_t>& rules) {
    if (cells_ > kMaxReportCells || rules_ > kMaxReportRules) return leave_off(kind, name, rules);
    auto drafts = drafts_of(rules);
    for (const auto& [resource, draft] : drafts) spoken_of_[resource] = true;
    report_.rows.push_back(ReportRow{kind, name, cells_of(drafts, everyone_)});
  }

  /// Nobody must be told of a resource that nobody reaches it because those who do are not shown.
  void leave_off(SubjectKind kind, const std::string& name, const std::set<std::uint32_t>& rules) {
    report_.left_off.push_back({kind, name});
    for (const auto rule : rules) {
      if (!looked_at_.insert(rule).second || has_ended(rule)) continue;
      spans_.for_each(rule, [this](const RuleSpan& span) { spoken_of_[span.resource] = true; });
    }
  }

  bool has_ended(std::uint32_t rule) const { return report_.has_ended(policy_.document.rules[rule]); }

  Drafts drafts_of(const std::set<std::uint32_t>& rules) {
    Drafts drafts;
    for (const auto rule : rules) {
      if (has_ended(rule)) continue;
      spans_.for_each(rule, [&](const RuleSpan& span) {
        drafts[span.resource].add(policy_.document.rules[rule], RuleIndex{rule}, unconditional_[rule], span);
      });
    }
    return drafts;
  }

  std::vector<ReportCell> cells_of(Drafts& drafts, const std::map<std::uint32_t, Voices>& everyones) {
    std::vector<ReportCell> cells;
    for (auto& [resource, draft] : drafts) {
      auto voices = draft.voices();
      const auto also = everyones.find(resource);
      auto cell = draft.finish(resource, rules_ < kMaxReportRules ? kMaxCellRules : 1);
      cell.and_everyones = also != everyones.end();
      if (cell.and_everyones) voices.add(also->second);
      cell.answer = answer_of(voices, report_.overlaps_complete);
      rules_ += cell.rules.size();
      cells.push_back(std::move(cell));
    }
    cells_ += cells.size();
    return cells;
  }

  PolicyReport& report_;
  const ResolvedPolicy& policy_;
  RuleSpans spans_;
  std::vector<bool> unconditional_;  ///< of each rule
  std::vector<bool> spoken_of_;      ///< of each resource
  std::set<std::uint32_t> everyone_groups_;
  std::set<std::uint32_t> everyones_rules_;
  std::map<std::uint32_t, Voices> everyone_;
  std::set<std::uint32_t> looked_at_;  ///< rules of rows that are left off
  std::size_t cells_ = 0;
  std::size_t rules_ = 0;  ///< in all cells
};

}  // namespace

void fill_matrix(PolicyReport& report) { MatrixMaker{report}.run(); }

}  // namespace sallyport
