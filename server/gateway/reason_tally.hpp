#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport {

/// How often each of a fixed set of reasons came up, zero included. Safe to use from any thread; counting does not
/// allocate.
class ReasonTally {
 public:
  static constexpr std::string_view kOther = "other";

  explicit ReasonTally(std::vector<std::string> names) : names_{sorted(std::move(names))}, counts_(names_.size() + 1) {}

  /// A reason that is none of the set counts as kOther: no refusal is lost.
  void count(std::string_view name) noexcept {
    const auto found = std::lower_bound(names_.begin(), names_.end(), name);
    const auto place = found != names_.end() && *found == name ? found : names_.end();
    counts_[static_cast<std::size_t>(place - names_.begin())].fetch_add(1, std::memory_order_relaxed);
  }

  struct Entry {
    std::string name;
    std::uint64_t count = 0;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  /// By name, kOther at the end.
  [[nodiscard]] std::vector<Entry> entries() const {
    std::vector<Entry> list;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      list.push_back({i < names_.size() ? names_[i] : std::string{kOther}, counts_[i].load(std::memory_order_relaxed)});
    }
    return list;
  }

 private:
  static std::vector<std::string> sorted(std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }

  const std::vector<std::string> names_;
  std::vector<std::atomic<std::uint64_t>> counts_;  ///< one more than names
};

}  // namespace sallyport
