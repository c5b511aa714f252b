#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sallyport {

/// One thing wrong with an input a person wrote: where it is, what is wrong, what to do next.
struct Diagnostic {
  std::string file;
  std::uint32_t line = 0;    ///< 1-based; 0 = the file as a whole
  std::uint32_t column = 0;  ///< 1-based; 0 = the line as a whole
  std::string message;
  std::string hint;  ///< what to type or change; may be empty

  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

using Diagnostics = std::vector<Diagnostic>;

/// "FILE:LINE:COLUMN: error: MESSAGE (HINT)", leaving out what is unknown. Whoever names a file may choose any octets:
/// its name is made safe for logs and terminals.
[[nodiscard]] std::string to_string(const Diagnostic& diagnostic);

/// One per line, each line ended.
[[nodiscard]] std::string to_string(const Diagnostics& diagnostics);

}  // namespace sallyport
