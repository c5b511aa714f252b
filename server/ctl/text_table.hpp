#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sallyport {

enum class Style : std::uint8_t { Plain, Good, Warning, Bad, Faint };

/// Text made safe for a terminal when it is printed.
struct Cell {
  // NOLINTBEGIN(google-explicit-constructor): a row is written as its texts
  Cell(std::string content, Style look = Style::Plain) : text{std::move(content)}, style{look} {}
  Cell(const char* content) : text{content} {}
  // NOLINTEND(google-explicit-constructor)
  std::string text;
  Style style = Style::Plain;
};

/// Columns of the width of their longest cell, two blanks apart, headings first.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> headings) : headings_{std::move(headings)} {}

  /// `cells` are as many as headings.
  void add(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  [[nodiscard]] std::string to_text(bool colour) const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<Cell>> rows_;
};

/// `text` in the colours of a terminal, or as it is.
[[nodiscard]] std::string styled(std::string_view text, Style style, bool colour);

}  // namespace sallyport
