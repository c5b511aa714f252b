#pragma once

#include <optional>
#include <string>

namespace sallyport {

/// `text` as a QR code for a terminal: half blocks, two modules a character high, with the light margin that readers
/// need. `colour`: black on white by escape sequences; otherwise light modules are drawn, for a dark terminal.
/// Nullopt: too long for a code.
[[nodiscard]] std::optional<std::string> qr_code_text(const std::string& text, bool colour);

}  // namespace sallyport
