#include "server/policy/report/cell_draft.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

constexpr unsigned kDeniesAll = 0;
constexpr unsigned kShadow = 4;

unsigned rank_of(const PolicyRule& rule, bool plain) {
  if (rule.rollout == Rollout::Shadow) return kShadow;
  return (rule.kind == RuleKind::Deny ? kDeniesAll : 2U) + (plain ? 0U : 1U);
}

CellRule cell_rule(RuleIndex index, const RuleSpan& span) {
  CellRule rule{index, span.whole, span.through, 0};
  if (rule.through.size() > kMaxThrough) {
    rule.through_left_off = rule.through.size() - kMaxThrough;
    rule.through.resize(kMaxThrough);
  }
  return rule;
}

}  // namespace

void Voices::add(const Voices& other) noexcept {
  allow = allow || other.allow;
  plain_allow = plain_allow || other.plain_allow;
  deny = deny || other.deny;
  plain_deny = plain_deny || other.plain_deny;
}

CellAnswer answer_of(const Voices& voices, bool overlaps_complete) noexcept {
  if (voices.plain_deny) return CellAnswer::Denied;
  if (!voices.allow) return overlaps_complete ? CellAnswer::No : CellAnswer::Unknown;
  return voices.plain_allow && !voices.deny && overlaps_complete ? CellAnswer::Yes : CellAnswer::If;
}

void CellDraft::add(const PolicyRule& rule, RuleIndex index, bool is_unconditional, const RuleSpan& span) {
  const bool plain = span.whole && is_unconditional;
  const bool deny = rule.kind == RuleKind::Deny;
  const auto rank = rank_of(rule, plain);
  if (rank == kDeniesAll) ++plain_denials_;
  if (rule.rollout == Rollout::Enforce) voices_.add({!deny, !deny && plain, deny, deny && plain});
  ++count_;
  // Behind those of its rank.
  const auto place = std::upper_bound(rules_.begin(), rules_.end(), rank,
                                      [](unsigned wanted, const Ranked& each) { return wanted < each.rank; });
  if (place == rules_.end() && rules_.size() == kMaxCellRules) return;
  rules_.insert(place, Ranked{rank, cell_rule(index, span)});
  if (rules_.size() > kMaxCellRules) rules_.pop_back();
}

ReportCell CellDraft::finish(std::uint32_t resource, std::size_t most) {
  if (rules_.size() > most) rules_.resize(most);
  ReportCell cell;
  cell.resource = resource;
  cell.left_off = count_ - rules_.size();
  const auto shown =
      std::count_if(rules_.begin(), rules_.end(), [](const Ranked& each) { return each.rank == kDeniesAll; });
  cell.denials_left_off = plain_denials_ - static_cast<std::size_t>(shown);
  for (auto& each : rules_) cell.rules.push_back(std::move(each.rule));
  if (cell.left_off == 0)
    std::sort(cell.rules.begin(), cell.rules.end(),
              [](const CellRule& a, const CellRule& b) { return a.rule < b.rule; });
  return cell;
}

}  // namespace sallyport
