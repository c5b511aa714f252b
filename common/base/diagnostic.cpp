#include "common/base/diagnostic.hpp"

#include "common/base/text.hpp"

namespace sallyport {

std::string to_string(const Diagnostic& diagnostic) {
  constexpr std::size_t kMaxPath = 4096;
  std::string text = escape_untrusted(diagnostic.file, kMaxPath);
  if (diagnostic.line != 0) text += ':' + std::to_string(diagnostic.line);
  if (diagnostic.line != 0 && diagnostic.column != 0) text += ':' + std::to_string(diagnostic.column);
  text += text.empty() ? "error: " : ": error: ";
  text += diagnostic.message;
  if (!diagnostic.hint.empty()) text += " (" + diagnostic.hint + ')';
  return text;
}

std::string to_string(const Diagnostics& diagnostics) {
  std::string text;
  for (const auto& diagnostic : diagnostics) text += to_string(diagnostic) + '\n';
  return text;
}

}  // namespace sallyport
