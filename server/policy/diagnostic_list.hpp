#pragma once

#include "common/base/diagnostic.hpp"
#include "server/policy/document.hpp"

#include <string>
#include <string_view>

namespace sallyport {

/// Empty for a document that was not read from files.
[[nodiscard]] std::string file_name(const PolicyDocument& document, const Place& place);

/// "FILE:LINE:COLUMN"
[[nodiscard]] std::string to_string(const PolicyDocument& document, const Place& place);

[[nodiscard]] Diagnostic diagnostic_at(const PolicyDocument& document, const Place& place, std::string message,
                                       std::string hint = {});

/// Text of a policy file in quotes, safe for a terminal.
[[nodiscard]] std::string quote(std::string_view text);

/// By file, line and column; what exceeds kMaxPolicyErrors becomes a count.
void sort_and_bound(Diagnostics& diagnostics);

}  // namespace sallyport
