#include "server/ctl/qr_code.hpp"

#include <qrencode.h>

#include <memory>

namespace sallyport {
namespace {

constexpr int kMargin = 4;

class Modules {
 public:
  explicit Modules(const QRcode& code) noexcept : code_{code} {}
  [[nodiscard]] int size() const noexcept { return code_.width + 2 * kMargin; }
  [[nodiscard]] bool is_dark(int row, int column) const noexcept {
    const int y = row - kMargin;
    const int x = column - kMargin;
    if (y < 0 || x < 0 || y >= code_.width || x >= code_.width) return false;
    return (code_.data[y * code_.width + x] & 1U) != 0;
  }

 private:
  const QRcode& code_;
};

/// The character with that upper and lower half.
const char* half_blocks(bool upper, bool lower) {
  if (upper && lower) return "\u2588";
  if (upper) return "\u2580";
  return lower ? "\u2584" : " ";
}

std::string line_of(const Modules& modules, int row, bool colour) {
  std::string line = colour ? "\x1b[30;107m" : "";
  for (int column = 0; column < modules.size(); ++column) {
    const bool upper = modules.is_dark(row, column);
    const bool lower = modules.is_dark(row + 1, column);
    line += colour ? half_blocks(upper, lower) : half_blocks(!upper, !lower);
  }
  return line + (colour ? "\x1b[0m\n" : "\n");
}

}  // namespace

std::optional<std::string> qr_code_text(const std::string& text, bool colour) {
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code{QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_M),
                                                             &QRcode_free};
  if (!code) return std::nullopt;
  const Modules modules{*code};
  std::string drawing;
  for (int row = 0; row < modules.size(); row += 2) drawing += line_of(modules, row, colour);
  return drawing;
}

}  // namespace sallyport
