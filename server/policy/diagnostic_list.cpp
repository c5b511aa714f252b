#include "server/policy/diagnostic_list.hpp"

#include "common/base/text.hpp"
#include "server/policy/limits.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sallyport {

std::string file_name(const PolicyDocument& document, const Place& place) {
  return place.file < document.files.size() ? document.files[place.file] : std::string{};
}

std::string to_string(const PolicyDocument& document, const Place& place) {
  return file_name(document, place) + ':' + std::to_string(place.line) + ':' + std::to_string(place.column);
}

Diagnostic diagnostic_at(const PolicyDocument& document, const Place& place, std::string message, std::string hint) {
  return Diagnostic{file_name(document, place), place.line, place.column, std::move(message), std::move(hint)};
}

std::string quote(std::string_view text) { return '"' + escape_untrusted(text, 80) + '"'; }

void sort_and_bound(Diagnostics& diagnostics) {
  const auto key = [](const Diagnostic& d) { return std::tie(d.file, d.line, d.column, d.message); };
  std::sort(diagnostics.begin(), diagnostics.end(),
            [&key](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
  diagnostics.erase(std::unique(diagnostics.begin(), diagnostics.end()), diagnostics.end());
  if (diagnostics.size() <= kMaxPolicyErrors) return;
  const auto rest = diagnostics.size() - kMaxPolicyErrors;
  diagnostics.resize(kMaxPolicyErrors);
  diagnostics.push_back(Diagnostic{{}, 0, 0, std::to_string(rest) + " more errors are not shown", {}});
}

}  // namespace sallyport
