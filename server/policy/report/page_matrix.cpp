#include "server/policy/report/html.hpp"
#include "server/policy/report/page_parts.hpp"
#include "server/policy/report/rule_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

namespace sallyport {
namespace {

/// As many resources side by side as a sheet of paper has room for.
constexpr std::size_t kColumns = 5;

std::string_view sign_of(CellAnswer answer) {
  switch (answer) {
    case CellAnswer::Yes:
      return "\xe2\x9c\x93";  // check mark
    case CellAnswer::If:
      return "\xe2\x97\x90";  // half a circle
    case CellAnswer::Denied:
      return "\xe2\x9c\x95";  // cross
    case CellAnswer::No:
      break;
  }
  return "\xe2\x80\x93";  // dash
}

std::string answer_markup(CellAnswer answer) {
  return fmt::format("<span class=\"answer\"><span aria-hidden=\"true\">{}</span> {}</span>", sign_of(answer),
                     name_of(answer));
}

class MatrixPart {
 public:
  explicit MatrixPart(const PolicyReport& report) : report_{report}, document_{report.document()} {}

  std::string run() {
    find_columns();
    std::string out = "<section id=\"matrix\"><h2>Who reaches what</h2>\n" + legend();
    const std::span<const std::uint32_t> all{columns_};
    const auto parts = (all.size() + kColumns - 1) / kColumns;
    for (std::size_t part = 0; part < parts; ++part) {
      const auto first = part * kColumns;
      out += table(all.subspan(first, std::min(kColumns, all.size() - first)), part + 1, parts);
    }
    if (columns_.empty()) out += "<p>No rule opens anything: nobody reaches anything.</p>\n";
    return out + remainder() + "</section>\n";
  }

 private:
  /// Resources of which some row has more to say than no.
  void find_columns() {
    std::set<std::uint32_t> spoken;
    for (const auto& row : report_.rows) {
      for (const auto& cell : row.cells) {
        if (shows_rules(row, cell)) spoken.insert(cell.resource);
      }
    }
    columns_.assign(spoken.begin(), spoken.end());
    for (std::uint32_t i = 0; i < document_.resources.size(); ++i) {
      if (!spoken.contains(i))
        closed_.push_back(html_link("resource." + document_.resources[i].name, document_.resources[i].name));
    }
  }

  /// A deny for everyone says nothing where nothing is open.
  static bool shows_rules(const ReportRow& row, const ReportCell& cell) {
    return row.kind != SubjectKind::Everyone || cell.answer == CellAnswer::Yes || cell.answer == CellAnswer::If;
  }

  static std::string legend() {
    const auto entry = [](CellAnswer answer, std::string_view words) {
      return fmt::format("<div class=\"{}\"><dt>{}</dt><dd>{}</dd></div>", name_of(answer), answer_markup(answer),
                         words);
    };
    return "<dl class=\"legend\">" + entry(CellAnswer::Yes, "always, with a valid device") +
           entry(CellAnswer::If, "under the conditions named") +
           entry(CellAnswer::Denied, "a rule denies all of it, whatever else allows it") +
           entry(CellAnswer::No, "no rule allows it") + "</dl>\n" +
           "<p>A person in several groups reaches what any of them reaches; a deny of any of them wins. Whoever has no "
           "row "
           "in a table has what <em>everyone</em> has. What the gateway does not know counts as not met when a rule "
           "allows and as met when a rule denies.</p>\n";
  }

  std::string table(std::span<const std::uint32_t> columns, std::size_t part, std::size_t parts) const {
    const auto& names = document_.resources;
    std::string caption = "Who reaches " + html_text(names[columns.front()].name);
    if (columns.size() > 1) caption += " to " + html_text(names[columns.back()].name);
    if (parts > 1) caption += fmt::format(" <span class=\"faint\">(table {} of {})</span>", part, parts);
    std::string out = fmt::format(
        "<div class=\"scroll\" role=\"region\" aria-label=\"Matrix {0}\" tabindex=\"0\"><table class=\"matrix\">\n"
        "<caption>{1}</caption>\n<thead><tr><th scope=\"col\">Person or group</th>",
        part, caption);
    for (const auto column : columns) out += heading(names[column]);
    out += "</tr></thead>\n<tbody>\n";
    for (const auto& row : report_.rows) {
      if (row.kind == SubjectKind::Everyone || speaks(row, columns)) out += row_markup(row, columns);
    }
    return out + "</tbody></table></div>\n";
  }

  static std::string heading(const PolicyResource& resource) {
    std::vector<std::string> services;
    for (const auto& range : resource.services) services.push_back(to_string(range));
    return fmt::format("<th scope=\"col\">{} <span class=\"faint\">{}</span></th>",
                       html_link("resource." + resource.name, resource.name), html_text(one_of(services)));
  }

  static bool speaks(const ReportRow& row, std::span<const std::uint32_t> columns) {
    return std::any_of(row.cells.begin(), row.cells.end(), [&columns](const ReportCell& cell) {
      return std::binary_search(columns.begin(), columns.end(), cell.resource);
    });
  }

  std::string row_markup(const ReportRow& row, std::span<const std::uint32_t> columns) const {
    std::string out = "<tr><th scope=\"row\">" + subject(row) + "</th>";
    for (const auto column : columns) out += cell_markup(row, report_.cell(row, column));
    return out + "</tr>\n";
  }

  static std::string subject(const ReportRow& row) {
    if (row.kind == SubjectKind::Everyone) return "everyone";
    if (row.kind == SubjectKind::Person) return "<span class=\"person\">" + html_text(row.name) + "</span>";
    return html_link("group." + row.name, row.name) + " <span class=\"faint\">group</span>";
  }

  std::string cell_markup(const ReportRow& row, const ReportCell* cell) const {
    const auto answer = cell == nullptr ? CellAnswer::No : cell->answer;
    std::string out = fmt::format("<td class=\"{}\">{}", name_of(answer), answer_markup(answer));
    std::string rules;
    for (const auto& each : cell == nullptr ? std::vector<CellRule>{} : cell->rules) {
      if (matters(row, *cell, each)) rules += "<li>" + rule_markup(each) + "</li>";
    }
    if (cell != nullptr && cell->left_off != 0) rules += fmt::format("<li>and {} more rules</li>", cell->left_off);
    return rules.empty() ? out + "</td>" : out + "<ul>" + rules + "</ul></td>";
  }

  /// Where all is denied, only what denies all; where nothing is open, only denials that others do not have.
  bool matters(const ReportRow& row, const ReportCell& cell, const CellRule& each) const {
    const auto& rule = *report_.policy->rule(each.rule);
    if (cell.answer == CellAnswer::Denied)
      return each.whole && rule.kind == RuleKind::Deny && conditions_of(rule).empty();
    if (cell.answer != CellAnswer::No) return true;
    const auto* everyones = report_.cell(report_.rows.front(), cell.resource);
    return row.kind != SubjectKind::Everyone &&
           (everyones == nullptr || std::none_of(everyones->rules.begin(), everyones->rules.end(),
                                                 [&each](const CellRule& other) { return other.rule == each.rule; }));
  }

  std::string rule_markup(const CellRule& each) const {
    const auto& rule = *report_.policy->rule(each.rule);
    std::string out = rule.rollout == Rollout::Shadow ? "in shadow: " : "";
    out += rule.kind == RuleKind::Allow ? "allowed by " : "<strong>denied</strong> by ";
    out += html_link(id_of(rule), rule.name) + overlap_words(each);
    std::vector<std::string> conditions;
    for (const auto& condition : conditions_of(rule)) conditions.push_back(html_text(condition.words));
    return conditions.empty() ? out : out + " if " + html_joined(conditions, " and ");
  }

  std::string overlap_words(const CellRule& each) const {
    if (each.through == kItself) return {};
    const auto& name = document_.resources[each.through].name;
    return (each.whole ? ", through " : ", for the part in ") + html_link("resource." + name, name) + ',';
  }

  std::string remainder() const {
    std::string out;
    if (!closed_.empty()) out += "<p>Nobody reaches: " + html_joined(closed_, ", ") + ".</p>\n";
    std::vector<std::string> groups;
    for (const auto& name : report_.as_everyone) groups.push_back(html_link("group." + name, name));
    if (!groups.empty()) out += "<p>Groups that have what everyone has: " + html_joined(groups, ", ") + ".</p>\n";
    if (report_.rows_left_off != 0)
      out += fmt::format("<p>{} more groups and people are not shown; every rule is listed below.</p>\n",
                         report_.rows_left_off);
    if (!report_.overlaps_complete)
      out +=
          "<p>Very many resources overlap: what a rule opens through an overlap may be missing from the tables.</p>\n";
    return out;
  }

  const PolicyReport& report_;
  const PolicyDocument& document_;
  std::vector<std::uint32_t> columns_;
  std::vector<std::string> closed_;
};

}  // namespace

std::string matrix_part(const PolicyReport& report) { return MatrixPart{report}.run(); }

}  // namespace sallyport
