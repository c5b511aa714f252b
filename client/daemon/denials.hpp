#pragma once

#include "common/base/time.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace sallyport {

/// A flow the gateway refused, in the words it used.
struct Denial {
  WallTime time;
  std::string to;  ///< "10.20.4.10:25/tcp"
  std::string reason;
  std::string words;
  std::string code;
};
[[nodiscard]] nlohmann::json to_json(const Denial& denial);

/// The latest denials, one per destination: a program that tries again replaces its own entry.
class Denials {
 public:
  static constexpr std::size_t kCapacity = 50;

  /// True when the destination was not in the list.
  bool add(Denial denial);
  /// The latest answer about `to`; null when there is none.
  [[nodiscard]] const Denial* find(std::string_view to) const noexcept;
  /// Newest first.
  [[nodiscard]] nlohmann::json to_json() const;
  [[nodiscard]] std::size_t size() const noexcept { return denials_.size(); }
  void clear() noexcept { denials_.clear(); }

 private:
  std::deque<Denial> denials_;  ///< newest first
};

}  // namespace sallyport
