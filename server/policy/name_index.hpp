#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// Looks names up and guesses what a misspelt one meant.
class NameIndex {
 public:
  /// `items` are sorted by name and outlive this.
  template <class Items>
  explicit NameIndex(const Items& items, std::vector<std::string_view> built_in = {}) : built_in_{std::move(built_in)} {
    names_.reserve(items.size());
    for (const auto& item : items) names_.push_back(item.name);
  }

  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view name) const;
  /// `did you mean "x"?`, or an empty text. Gives up after many questions: each costs a walk over all names.
  [[nodiscard]] std::string suggestion(std::string_view name);

 private:
  std::vector<std::string_view> names_;
  std::vector<std::string_view> built_in_;
  unsigned suggestions_ = 0;
};

}  // namespace sallyport
