#pragma once

#include "common/base/time.hpp"
#include "server/policy/policy.hpp"
#include "server/policy/resolved_policy.hpp"
#include "server/policy/self_test.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// What one row of the matrix finds at one resource.
enum class CellAnswer : std::uint8_t {
  No,      ///< no allow rule speaks of it
  Denied,  ///< a deny rule without conditions covers all of it
  Yes,     ///< an allow rule without conditions covers all of it, and no deny rule speaks of it
  If,      ///< it depends
  Unknown  ///< no allow rule is known to speak of it, but not every overlap of resources was looked at
};
/// "no", "denied", "allowed", "if", "unknown".
[[nodiscard]] std::string_view name_of(CellAnswer answer) noexcept;

/// A rule that speaks of a resource, by name or because what it names overlaps it.
struct CellRule {
  RuleIndex rule = kNoRule;
  bool whole = true;                   ///< of all of the resource; false: of a part at least
  std::vector<std::uint32_t> through;  ///< resources that the rule names and that overlap this one; none: by name
  std::size_t through_left_off = 0;    ///< above kMaxThrough
};

struct ReportCell {
  std::uint32_t resource = 0;  ///< index into the resources of the document
  CellAnswer answer = CellAnswer::No;
  /// At most kMaxCellRules, by RuleIndex; when there are more, what decides most first. Without those of everyone.
  std::vector<CellRule> rules;
  std::size_t left_off = 0;
  std::size_t denials_left_off = 0;  ///< how many of left_off deny all of it whatever else is so
  bool and_everyones = false;        ///< the rules that speak to everyone here count too
};

enum class SubjectKind : std::uint8_t { Everyone, Group, Person };
[[nodiscard]] std::string_view name_of(SubjectKind kind) noexcept;

/// A row: a group, or a person whom a rule names.
struct ReportRow {
  SubjectKind kind = SubjectKind::Everyone;
  std::string name;
  /// Sorted by resource. Of everyone: where a rule speaks. Of others: where a rule of theirs speaks; elsewhere they
  /// have what everyone has.
  std::vector<ReportCell> cells;
};

struct LeftOffRow {
  SubjectKind kind = SubjectKind::Everyone;
  std::string name;
};

/// Everything that is said of a policy on one page. `policy` is kept alive by it.
struct PolicyReport {
  std::shared_ptr<const Policy> policy;
  std::string directory;
  std::size_t files = 0;
  WallTime at;
  std::vector<ReportRow> rows;           ///< everyone, groups by name, people by address
  std::vector<LeftOffRow> left_off;      ///< above kMaxReportCells or kMaxReportRules
  std::vector<std::uint32_t> spoken_of;  ///< sorted: resources of which a row, shown or not, says more than no
  std::vector<std::string> as_everyone;  ///< groups to which no rule of their own applies
  bool overlaps_complete = true;
  std::vector<ExpectationResult> expectations;
  std::vector<std::vector<std::uint32_t>> exercised_by;  ///< of each rule: indices into `expectations`

  [[nodiscard]] const PolicyDocument& document() const { return policy->resolved().document; }
  /// What the row finds there; null: nothing speaks of it.
  [[nodiscard]] const ReportCell* cell(const ReportRow& row, std::uint32_t resource) const;
  /// The same as an answer.
  [[nodiscard]] CellAnswer answer(const ReportRow& row, std::uint32_t resource) const;
  [[nodiscard]] std::size_t failed_expectations() const;
  /// Enforced rules that decide no expectation, by RuleIndex.
  [[nodiscard]] std::vector<RuleIndex> untested_rules() const;
  [[nodiscard]] bool has_ended(const PolicyRule& rule) const { return rule.until && *rule.until <= at; }
};

inline constexpr std::size_t kMaxCellRules = 20;
inline constexpr std::size_t kMaxThrough = 8;
// Of all rows together; together with the bounds of one cell they bound the page.
inline constexpr std::size_t kMaxReportCells = 100'000;
inline constexpr std::size_t kMaxReportRules = 100'000;

/// `directory` and `files` are for the reader. Rules that have ended at `at` are in no cell.
[[nodiscard]] PolicyReport make_report(std::shared_ptr<const Policy> policy, std::string directory, std::size_t files,
                                       WallTime at);

/// {"directory", "policy", "at", "files", "rows", "rules", "tests", ...}
[[nodiscard]] nlohmann::json to_json(const PolicyReport& report);

/// One page that needs nothing else: no script to be read, nothing from elsewhere.
[[nodiscard]] std::string to_html(const PolicyReport& report);

}  // namespace sallyport
