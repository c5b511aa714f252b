#pragma once

#include "server/trust/forecast.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

namespace sallyport {

inline constexpr std::size_t kEndingKinds = static_cast<std::size_t>(EndingKind::RevocationList) + 1;

/// A forecast in numbers, for whoever counts and names nobody. Pure.
class ForecastFigures {
 public:
  ForecastFigures() = default;
  /// `endings` in order of time, as forecast() gives them.
  explicit ForecastFigures(const std::vector<Ending>& endings);

  /// Of this kind, what ends by `until`.
  [[nodiscard]] std::size_t endings(EndingKind kind, WallTime until) const;
  /// Devices that endings of this kind lock out by `until`, each once.
  [[nodiscard]] std::size_t locked_out(EndingKind kind, WallTime until) const;
  /// Of this kind, what should have been replaced by now.
  [[nodiscard]] std::size_t overdue(EndingKind kind) const noexcept { return of(kind).overdue; }
  /// When the first of this kind ends; nullopt: none does.
  [[nodiscard]] std::optional<WallTime> first(EndingKind kind) const;

 private:
  struct Kind {
    std::vector<WallTime> endings;     ///< in order
    std::vector<WallTime> locked_out;  ///< of each device the first time, in order
    std::size_t overdue = 0;
  };
  [[nodiscard]] const Kind& of(EndingKind kind) const noexcept { return kinds_[static_cast<std::size_t>(kind)]; }

  std::array<Kind, kEndingKinds> kinds_;
};

}  // namespace sallyport
