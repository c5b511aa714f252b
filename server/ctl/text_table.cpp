#include "server/ctl/text_table.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <string_view>

namespace sallyport {
namespace {

std::string_view sequence_of(Style style) noexcept {
  switch (style) {
    case Style::Plain:
      return "";
    case Style::Good:
      return "\x1b[32m";
    case Style::Warning:
      return "\x1b[33m";
    case Style::Bad:
      return "\x1b[31m";
    case Style::Faint:
      return "\x1b[2m";
  }
  return "";
}

void append_cell(std::string& line, const std::string& text, Style style, std::size_t width, bool colour) {
  if (!line.empty()) line += "  ";
  line += styled(text, style, colour);
  line.append(width - text.size(), ' ');
}

void append_line(std::string& out, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + '\n';
}

}  // namespace

std::string styled(std::string_view text, Style style, bool colour) {
  const auto sequence = sequence_of(style);
  if (!colour || sequence.empty()) return std::string{text};
  return std::string{sequence} + std::string{text} + "\x1b[0m";
}

std::string TextTable::to_text(bool colour) const {
  std::vector<std::size_t> widths;
  for (const auto& heading : headings_) widths.push_back(heading.size());
  auto rows = rows_;
  for (auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i].text = escape_untrusted(row[i].text);
      widths[i] = std::max(widths[i], row[i].text.size());
    }
  }
  std::string out;
  std::string line;
  for (std::size_t i = 0; i < headings_.size(); ++i) append_cell(line, headings_[i], Style::Faint, widths[i], colour);
  append_line(out, line);
  for (const auto& row : rows) {
    line.clear();
    for (std::size_t i = 0; i < row.size(); ++i) append_cell(line, row[i].text, row[i].style, widths[i], colour);
    append_line(out, line);
  }
  return out;
}

}  // namespace sallyport
