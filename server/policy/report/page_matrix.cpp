#include "server/policy/report/html.hpp"
#include "server/policy/report/page_parts.hpp"
#include "server/policy/report/rule_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace sallyport {
namespace {

/// As many resources side by side as a sheet of paper has room for.
constexpr std::size_t kColumns = 5;
/// Octets of conditions in a cell.
constexpr std::size_t kMaxWords = 300;

std::string_view sign_of(CellAnswer answer) {
  switch (answer) {
    case CellAnswer::Yes:
      return "\xe2\x9c\x93";  // check mark
    case CellAnswer::If:
      return "\xe2\x97\x90";  // half a circle
    case CellAnswer::Denied:
      return "\xe2\x9c\x95";  // cross
    case CellAnswer::Unknown:
      return "?";
    case CellAnswer::No:
      break;
  }
  return "\xe2\x80\x93";  // dash
}

std::string_view words_of(CellAnswer answer) { return answer == CellAnswer::Unknown ? "not known" : name_of(answer); }

std::string answer_markup(CellAnswer answer) {
  return fmt::format("<span class=\"answer\"><span aria-hidden=\"true\">{}</span> {}</span>", sign_of(answer),
                     words_of(answer));
}

class MatrixPart {
 public:
  explicit MatrixPart(const PolicyReport& report)
      : report_{report}, document_{report.document()}, columns_{report.spoken_of} {
    for (const auto& rule : document_.rules) {
      conditions_.push_back(condition_words(rule));
      denials_.push_back(rule.kind == RuleKind::Deny && rule.rollout == Rollout::Enforce && is_unconditional(rule));
    }
  }

  std::string run() const {
    std::string out = "<section id=\"matrix\"><h2>Who reaches what</h2>\n" + legend() + gaps();
    const auto parts = (columns_.size() + kColumns - 1) / kColumns;
    for (std::size_t part = 0; part < parts; ++part) {
      const auto first = part * kColumns;
      out += table(columns_.subspan(first, std::min(kColumns, columns_.size() - first)), part + 1, parts);
    }
    if (columns_.empty() && report_.overlaps_complete)
      out += "<p>No rule opens anything: nobody reaches anything.</p>\n";
    return out + remainder() + "</section>\n";
  }

 private:
  /// In a cell; the list of rules has them all.
  static std::string condition_words(const PolicyRule& rule) {
    const auto conditions = conditions_of(rule);
    std::vector<std::string> pieces;
    std::size_t length = 0;
    for (const auto& condition : conditions) {
      if (length + condition.words.size() > kMaxWords) break;
      length += condition.words.size();
      pieces.push_back(html_text(condition.words));
    }
    if (conditions.empty()) return {};
    const auto more = conditions.size() - pieces.size();
    if (more != 0) pieces.push_back(counted_conditions(more, pieces.empty()));
    return " if " + html_joined(pieces, " and ");
  }

  static std::string counted_conditions(std::size_t count, bool alone) {
    return fmt::format("{}{} condition{}", count, alone ? "" : " more", count == 1 ? " holds" : "s hold");
  }

  std::string legend() const {
    const auto entry = [](CellAnswer answer, std::string_view words) {
      return fmt::format("<div class=\"{}\"><dt>{}</dt><dd>{}</dd></div>", name_of(answer), answer_markup(answer),
                         words);
    };
    return "<dl class=\"legend\">" + entry(CellAnswer::Yes, "always, with a valid device") +
           entry(CellAnswer::If, "under the conditions named") +
           entry(CellAnswer::Denied, "a rule denies all of it, whatever else allows it") +
           (report_.overlaps_complete ? entry(CellAnswer::No, "no rule allows it")
                                      : entry(CellAnswer::Unknown, "no rule is known to allow it")) +
           "</dl>\n<p>A person in several groups reaches what any of them reaches; a deny of any of them wins. Whoever "
           "has no row in a table has what <em>everyone</em> has" +
           (report_.left_off.empty() ? "" : ", but for those named here as left off") +
           ". What the gateway does not know counts as not met when a rule allows and as met when a rule denies.</p>\n";
  }

  /// What the tables do not say: before them, for nobody to go by half of it.
  std::string gaps() const {
    std::string out;
    if (!report_.overlaps_complete)
      out +=
          "<p class=\"warning\"><strong>Very many resources overlap</strong>: what a rule opens or denies through an "
          "overlap may be missing from the tables. Ask about one place: sallyportctl policy who HOST:PORT</p>\n";
    if (report_.left_off.empty()) return out;
    std::vector<std::string> names;
    for (const auto& row : report_.left_off)
      names.push_back(row.kind == SubjectKind::Group ? html_link("group." + row.name, row.name) : html_text(row.name));
    return out +
           fmt::format(
               "<p class=\"warning\"><strong>Left off</strong>, for there is too much to show: {} with rules of their "
               "own, which are listed below: {}.</p>\n",
               names.size() == 1 ? "one group or person" : fmt::format("{} groups and people", names.size()),
               html_joined(names, ", "));
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
    for (const auto column : columns) out += cell_markup(row, column);
    return out + "</tr>\n";
  }

  static std::string subject(const ReportRow& row) {
    if (row.kind == SubjectKind::Everyone) return "everyone";
    if (row.kind == SubjectKind::Person) return "<span class=\"person\">" + html_text(row.name) + "</span>";
    return html_link("group." + row.name, row.name) + " <span class=\"faint\">group</span>";
  }

  std::string cell_markup(const ReportRow& row, std::uint32_t resource) const {
    const auto answer = report_.answer(row, resource);
    const auto* cell = report_.cell(row, resource);
    const auto* everyones = report_.cell(report_.rows.front(), resource);
    std::string rules;
    if (cell == everyones && row.kind != SubjectKind::Everyone)
      rules = cell == nullptr || is_closed(answer) ? "" : "<li>as everyone</li>";
    else if (cell != nullptr)
      rules = answer == CellAnswer::Denied ? denials(*cell, everyones) : rules_markup(row, *cell);
    return fmt::format("<td class=\"{}\">{}{}</td>", name_of(answer), answer_markup(answer),
                       rules.empty() ? "" : "<ul>" + rules + "</ul>");
  }

  static bool is_closed(CellAnswer answer) { return answer == CellAnswer::No || answer == CellAnswer::Unknown; }

  /// Only what denies all of it: the rest comes to nothing.
  std::string denials(const ReportCell& cell, const ReportCell* everyones) const {
    std::string out;
    for (const auto& each : cell.rules) {
      if (denies_all(each)) out += "<li>" + rule_markup(each) + "</li>";
    }
    if (cell.denials_left_off != 0) out += fmt::format("<li>and by {} more rules</li>", cell.denials_left_off);
    if (!out.empty() || everyones == nullptr) return out;
    const auto first = std::find_if(everyones->rules.begin(), everyones->rules.end(),
                                    [this](const CellRule& each) { return denies_all(each); });
    return first == everyones->rules.end() ? out : "<li>as everyone: " + rule_markup(*first) + "</li>";
  }

  bool denies_all(const CellRule& each) const { return each.whole && denials_[static_cast<std::uint32_t>(each.rule)]; }

  /// Where nothing is open, a deny says something only when it is not everyone's.
  std::string rules_markup(const ReportRow& row, const ReportCell& cell) const {
    if (is_closed(cell.answer) && row.kind == SubjectKind::Everyone) return {};
    std::string out;
    for (const auto& each : cell.rules) out += "<li>" + rule_markup(each) + "</li>";
    if (cell.left_off != 0) out += fmt::format("<li>and {} more rules</li>", cell.left_off);
    return cell.and_everyones && !is_closed(cell.answer) ? out + "<li>and what everyone has</li>" : out;
  }

  std::string rule_markup(const CellRule& each) const {
    const auto& rule = *report_.policy->rule(each.rule);
    std::string out = rule.rollout == Rollout::Shadow ? "in shadow: " : "";
    out += rule.kind == RuleKind::Allow ? "allowed by " : "<strong>denied</strong> by ";
    return out + html_link(id_of(rule), rule.name) + overlap_words(each) +
           conditions_[static_cast<std::uint32_t>(each.rule)];
  }

  std::string overlap_words(const CellRule& each) const {
    if (each.through.empty()) return {};
    std::vector<std::string> links;
    for (const auto resource : each.through) {
      const auto& name = document_.resources[resource].name;
      links.push_back(html_link("resource." + name, name));
    }
    if (each.through_left_off != 0) links.push_back(fmt::format("{} more", each.through_left_off));
    std::string names = links.back();
    links.pop_back();
    if (!links.empty()) names = html_joined(links, ", ") + " and " + names;
    const auto* part = links.empty() ? ", for the part in " : ", for the parts in ";
    return (each.whole ? ", through " : part) + names + ',';
  }

  std::string remainder() const {
    std::vector<std::string> closed;
    for (std::uint32_t i = 0; i < document_.resources.size(); ++i) {
      if (!std::binary_search(columns_.begin(), columns_.end(), i))
        closed.push_back(html_link("resource." + document_.resources[i].name, document_.resources[i].name));
    }
    std::string out;
    if (!closed.empty())
      out += (report_.overlaps_complete ? "<p>Nobody reaches: " : "<p>Not known who reaches: ") +
             html_joined(closed, ", ") + ".</p>\n";
    std::vector<std::string> groups;
    for (const auto& name : report_.as_everyone) groups.push_back(html_link("group." + name, name));
    if (!groups.empty()) out += "<p>Groups that have what everyone has: " + html_joined(groups, ", ") + ".</p>\n";
    return out;
  }

  const PolicyReport& report_;
  const PolicyDocument& document_;
  std::span<const std::uint32_t> columns_;
  std::vector<std::string> conditions_;  ///< of each rule, in markup
  std::vector<bool> denials_;            ///< of each rule: enforced, and nothing it asks can fail to be met
};

}  // namespace

std::string matrix_part(const PolicyReport& report) { return MatrixPart{report}.run(); }

}  // namespace sallyport
