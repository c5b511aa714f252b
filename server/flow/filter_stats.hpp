#pragma once

#include "server/flow/drop_reason.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace sallyport {

/// Packets by fate, a super-packet as its segments; an answer to it is one. Plain counters: read them on the thread
/// that judges.
struct FilterStats {
  std::uint64_t passed_from_client = 0;
  std::uint64_t passed_from_office = 0;
  std::uint64_t refused = 0;                        ///< answers: packets with Action::Refuse, also counted in `drops`
  std::array<std::uint64_t, kDropReasons> drops{};  ///< by DropReason; drops[None] stays 0

  [[nodiscard]] std::uint64_t dropped(DropReason reason) const noexcept {
    return drops[static_cast<std::size_t>(reason)];
  }

  FilterStats& operator+=(const FilterStats& other) noexcept {
    passed_from_client += other.passed_from_client;
    passed_from_office += other.passed_from_office;
    refused += other.refused;
    for (std::size_t i = 0; i < drops.size(); ++i) drops[i] += other.drops[i];
    return *this;
  }

  friend bool operator==(const FilterStats&, const FilterStats&) = default;
};

}  // namespace sallyport
