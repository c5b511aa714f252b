#include "server/policy/report/html.hpp"
#include "server/policy/report/page_parts.hpp"
#include "server/policy/report/rule_words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sallyport {
namespace {

/// A list longer than this is cut; the files have the rest.
constexpr std::size_t kMaxListed = 200;

std::string list_markup(const std::vector<std::string>& pieces) {
  if (pieces.size() <= kMaxListed) return html_joined(pieces, ", ");
  const std::vector<std::string> shown{pieces.begin(), pieces.begin() + kMaxListed};
  return html_joined(shown, ", ") + fmt::format(" and {} more", pieces.size() - kMaxListed);
}

std::vector<std::string> escaped(const std::vector<std::string>& texts) {
  std::vector<std::string> pieces;
  for (const auto& text : texts) pieces.push_back(html_text(text));
  return pieces;
}

std::string prefixes_markup(const std::vector<IpPrefix>& prefixes) {
  std::vector<std::string> pieces;
  for (const auto& prefix : prefixes) pieces.push_back(prefix.to_string());
  return list_markup(pieces);
}

std::string members_markup(const PolicyGroup& group) {
  std::vector<std::string> pieces;
  for (const auto& member : group.members) {
    const bool is_group = member.text.find('@') == std::string::npos && member.text != "everyone";
    pieces.push_back(is_group ? html_link("group." + member.text, member.text) : html_text(member.text));
  }
  return pieces.empty() ? "nobody" : list_markup(pieces);
}

std::string resource_markup(const PolicyResource& resource) {
  std::vector<std::string> services;
  for (const auto& range : resource.services) services.push_back(to_string(range));
  return prefixes_markup(resource.prefixes) + "</td><td>" + list_markup(escaped(services)) + "</td><td>" +
         list_markup(escaped(resource.tags));
}

/// A table of everything of one kind; `headings` are those of what `to_markup` gives.
template <class Items, class ToMarkup>
std::string table(const PolicyReport& report, std::string_view kind, std::string_view title,
                  const std::vector<std::string_view>& headings, const Items& items, ToMarkup to_markup) {
  if (items.empty()) return {};
  std::string out = fmt::format(
      "<div class=\"scroll\" role=\"region\" aria-label=\"{0}\" tabindex=\"0\"><table "
      "class=\"names\"><caption>{0}</caption>\n"
      "<thead><tr><th scope=\"col\">Name</th>",
      title);
  for (const auto heading : headings) out += fmt::format("<th scope=\"col\">{}</th>", heading);
  out += "<th scope=\"col\">Written at</th></tr></thead>\n<tbody>\n";
  for (const auto& item : items) {
    out += fmt::format("<tr id=\"{}.{}\"><th scope=\"row\">{}</th><td>{}</td><td><code>{}</code></td></tr>\n", kind,
                       html_text(item.name), html_text(item.name), to_markup(item),
                       html_text(place_text(report, item.place)));
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace

std::string names_part(const PolicyReport& report) {
  const auto& document = report.document();
  return "<section id=\"names\"><h2>What the names mean</h2>\n" +
         table(report, "group", "Groups", {"Members"}, document.groups, members_markup) +
         table(report, "resource", "Resources", {"Addresses", "Ports", "Tags"}, document.resources, resource_markup) +
         table(report, "network", "Networks", {"Addresses"}, document.networks,
               [](const PolicyNetwork& network) { return prefixes_markup(network.prefixes); }) +
         table(report, "hours", "Hours", {"Open"}, document.hours,
               [](const PolicyHours& hours) { return html_text(words_of(hours.hours)); }) +
         table(report, "posture", "Posture checks", {"Asks"}, document.postures,
               [](const PolicyPosture& posture) { return html_joined(escaped(lines_of(posture.check)), "<br>"); }) +
         "</section>\n";
}

}  // namespace sallyport
