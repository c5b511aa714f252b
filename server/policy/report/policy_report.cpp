#include "server/policy/report/policy_report.hpp"

#include "server/policy/report/report_matrix.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

const ReportCell* find_cell(const ReportRow& row, std::uint32_t resource) {
  const auto found =
      std::lower_bound(row.cells.begin(), row.cells.end(), resource,
                       [](const ReportCell& cell, std::uint32_t wanted) { return cell.resource < wanted; });
  return found != row.cells.end() && found->resource == resource ? &*found : nullptr;
}

}  // namespace

std::string_view name_of(CellAnswer answer) noexcept {
  switch (answer) {
    case CellAnswer::No:
      return "no";
    case CellAnswer::Denied:
      return "denied";
    case CellAnswer::Yes:
      return "allowed";
    case CellAnswer::If:
      return "if";
    case CellAnswer::Unknown:
      return "unknown";
  }
  return "invalid";
}

std::string_view name_of(SubjectKind kind) noexcept {
  switch (kind) {
    case SubjectKind::Everyone:
      return "everyone";
    case SubjectKind::Group:
      return "group";
    case SubjectKind::Person:
      return "person";
  }
  return "invalid";
}

const ReportCell* PolicyReport::cell(const ReportRow& row, std::uint32_t resource) const {
  const auto* own = find_cell(row, resource);
  return own != nullptr || row.kind == SubjectKind::Everyone ? own : find_cell(rows.front(), resource);
}

CellAnswer PolicyReport::answer(const ReportRow& row, std::uint32_t resource) const {
  const auto* found = cell(row, resource);
  if (found != nullptr) return found->answer;
  return overlaps_complete ? CellAnswer::No : CellAnswer::Unknown;
}

std::size_t PolicyReport::failed_expectations() const {
  return static_cast<std::size_t>(std::count_if(expectations.begin(), expectations.end(),
                                                [](const ExpectationResult& each) { return !each.passed(); }));
}

std::vector<RuleIndex> PolicyReport::untested_rules() const {
  std::vector<RuleIndex> found;
  for (std::uint32_t rule = 0; rule < exercised_by.size(); ++rule) {
    const bool enforced = document().rules[rule].rollout == Rollout::Enforce;
    if (enforced && exercised_by[rule].empty()) found.push_back(RuleIndex{rule});
  }
  return found;
}

PolicyReport make_report(std::shared_ptr<const Policy> policy, std::string directory, std::size_t files, WallTime at) {
  PolicyReport report;
  report.policy = std::move(policy);
  report.directory = std::move(directory);
  report.files = files;
  report.at = at;
  fill_matrix(report);
  report.expectations = run_expectations(*report.policy);
  report.exercised_by.resize(report.policy->rules().size());
  for (std::uint32_t i = 0; i < report.expectations.size(); ++i) {
    for (const auto rule : report.expectations[i].rules)
      report.exercised_by[static_cast<std::uint32_t>(rule)].push_back(i);
  }
  return report;
}

}  // namespace sallyport
