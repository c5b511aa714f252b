#include "server/policy/report/report_matrix.hpp"

#include "server/policy/report/rule_spans.hpp"
#include "server/policy/report/rule_words.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace sallyport {
namespace {

using Numbers = std::vector<std::uint32_t>;

/// What the enforced rules that speak of a resource come to.
struct Voices {
  bool allow = false;
  bool plain_allow = false;  ///< of all of it, without a condition
  bool deny = false;
  bool plain_deny = false;

  void add(const Voices& other) {
    allow = allow || other.allow;
    plain_allow = plain_allow || other.plain_allow;
    deny = deny || other.deny;
    plain_deny = plain_deny || other.plain_deny;
  }
};

CellAnswer answer_of(const Voices& voices, bool overlaps_complete) {
  if (voices.plain_deny) return CellAnswer::Denied;
  if (!voices.allow) return overlaps_complete ? CellAnswer::No : CellAnswer::Unknown;
  // A deny may be among the overlaps that were not looked at.
  return voices.plain_allow && !voices.deny && overlaps_complete ? CellAnswer::Yes : CellAnswer::If;
}

/// What a cell is made of: the rules that fit into it, those that decide most first.
class CellDraft {
 public:
  void add(const PolicyRule& rule, RuleIndex index, bool is_unconditional, const RuleSpan& span) {
    const bool plain = span.whole && is_unconditional;
    const auto rank = rank_of(rule, plain);
    if (rank == 0) ++plain_denials_;
    if (rule.rollout == Rollout::Enforce) note(rule.kind, plain);
    ++count_;
    // Behind those of its rank: rules come in order.
    const auto place = std::upper_bound(rules_.begin(), rules_.end(), rank,
                                        [](unsigned wanted, const Ranked& each) { return wanted < each.rank; });
    if (place == rules_.end() && rules_.size() == kMaxCellRules) return;
    rules_.insert(place, Ranked{rank, cell_rule(index, span)});
    if (rules_.size() > kMaxCellRules) rules_.pop_back();
  }

  [[nodiscard]] const Voices& voices() const noexcept { return voices_; }

  /// At most `most` rules.
  [[nodiscard]] ReportCell finish(std::uint32_t resource, std::size_t most) {
    if (rules_.size() > most) rules_.resize(most);
    ReportCell cell;
    cell.resource = resource;
    cell.left_off = count_ - rules_.size();
    const auto shown = std::count_if(rules_.begin(), rules_.end(), [](const Ranked& each) { return each.rank == 0; });
    cell.denials_left_off = plain_denials_ - static_cast<std::size_t>(shown);
    for (auto& each : rules_) cell.rules.push_back(std::move(each.rule));
    if (cell.left_off == 0)
      std::sort(cell.rules.begin(), cell.rules.end(),
                [](const CellRule& a, const CellRule& b) { return a.rule < b.rule; });
    return cell;
  }

 private:
  struct Ranked {
    unsigned rank = 0;
    CellRule rule;
  };

  static unsigned rank_of(const PolicyRule& rule, bool plain) {
    if (rule.rollout == Rollout::Shadow) return 4;
    return (rule.kind == RuleKind::Deny ? 0 : 2) + (plain ? 0 : 1);
  }
  static CellRule cell_rule(RuleIndex index, const RuleSpan& span) {
    CellRule rule{index, span.whole, span.through, 0};
    if (rule.through.size() > kMaxThrough) {
      rule.through_left_off = rule.through.size() - kMaxThrough;
      rule.through.resize(kMaxThrough);
    }
    return rule;
  }
  void note(RuleKind kind, bool plain) {
    const bool deny = kind == RuleKind::Deny;
    voices_.add({!deny, !deny && plain, deny, deny && plain});
  }

  std::vector<Ranked> rules_;
  std::size_t count_ = 0;
  std::size_t plain_denials_ = 0;
  Voices voices_;
};

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
