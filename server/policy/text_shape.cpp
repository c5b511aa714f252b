#include "server/policy/text_shape.hpp"

#include "server/policy/limits.hpp"

namespace sallyport {
namespace {

/// Walks TOML text, skipping strings and comments.
class ShapeScanner {
 public:
  explicit ShapeScanner(std::string_view text) noexcept : text_{text} {}

  std::optional<ShapeFault> run() {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;  // the byte order mark some editors write
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'')
        skip_string(c);
      else if (c == '#')
        skip_comment();
      else
        take(c);
      if (brackets_ > kMaxTomlNesting || dots_ > kMaxTomlNesting) {
        return ShapeFault{line_, "brackets or dotted keys nest too deep"};
      }
      if (foreign_) return ShapeFault{line_, "names and values with letters beyond ASCII need quotes"};
    }
    return std::nullopt;
  }

 private:
  void take(char c) {
    ++at_;
    if (c == '\n')
      end_line();
    else if (static_cast<unsigned char>(c) >= 0x80)
      foreign_ = true;
    else if (c == '.')
      ++dots_;
    else if (c == '[' || c == '{')
      ++brackets_;
    else if ((c == ']' || c == '}') && brackets_ > 0)
      --brackets_;
  }

  void end_line() {
    ++line_;
    dots_ = 0;
  }

  void skip_comment() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
  }

  void skip_string(char quote) {
    const std::string_view triple = quote == '"' ? std::string_view{R"(""")"} : std::string_view{"'''"};
    const bool multi_line = text_.substr(at_).starts_with(triple);
    at_ += multi_line ? 3 : 1;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (!multi_line && c == '\n') return;  // not TOML; the parser says so
      if (c == '\n') end_line();
      if (c == '\\' && quote == '"' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n')
        ++at_;
      else if (c == quote && (!multi_line || text_.substr(at_).starts_with(triple)))
        return skip_quotes(multi_line, c);
      ++at_;
    }
  }

  /// A multi-line string may end in up to two quotes of its own.
  void skip_quotes(bool multi_line, char quote) {
    for (unsigned n = 0; n < (multi_line ? 5U : 1U) && at_ < text_.size() && text_[at_] == quote; ++n) ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::size_t brackets_ = 0;
  std::size_t dots_ = 0;
  bool foreign_ = false;
};

}  // namespace

std::optional<ShapeFault> find_shape_fault(std::string_view toml) { return ShapeScanner{toml}.run(); }

}  // namespace sallyport
