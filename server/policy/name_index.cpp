#include "server/policy/name_index.hpp"

#include "common/base/text.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr unsigned kMaxSuggestions = 20;

}  // namespace

std::optional<std::uint32_t> NameIndex::find(std::string_view name) const {
  const auto found = std::lower_bound(names_.begin(), names_.end(), name);
  if (found == names_.end() || *found != name) return std::nullopt;
  return static_cast<std::uint32_t>(found - names_.begin());
}

std::string NameIndex::suggestion(std::string_view name) {
  if (suggestions_++ >= kMaxSuggestions) return {};
  std::vector<std::string_view> candidates = built_in_;
  candidates.insert(candidates.end(), names_.begin(), names_.end());
  const auto near = closest_match(name, candidates);
  return near ? "did you mean \"" + std::string{*near} + "\"?" : std::string{};
}

}  // namespace sallyport
