#pragma once

#include "common/base/bytes.hpp"

#include <optional>

namespace sallyport {

/// The EFI variable SecureBoot as efivarfs gives it: four octets of attributes, then 0 or 1. Nullopt: anything else.
[[nodiscard]] inline std::optional<bool> parse_secure_boot(Bytes variable) noexcept {
  constexpr std::size_t kSize = 5;
  if (variable.size() != kSize) return std::nullopt;
  const auto value = std::to_integer<unsigned>(variable[kSize - 1]);
  return value <= 1 ? std::optional{value == 1} : std::nullopt;
}

}  // namespace sallyport
