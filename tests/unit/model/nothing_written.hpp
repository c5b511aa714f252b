#pragma once

#include "client/daemon/attester.hpp"
#include "server/gateway/session_opening.hpp"

#include <cstdio>
#include <optional>

namespace sallyport::model {

[[nodiscard]] inline int number_of(const AttestNonce& nonce) { return static_cast<int>(load_be32(nonce)); }

/// Nobody reads what a session's opening writes down.
[[nodiscard]] inline OpeningRecords no_records() {
  return {.obstacle = [](const auto&) { return std::optional<AdmissionRefusal>{}; },
          .asked = [](const auto&) { return true; },
          .leased = [](const auto&, const auto&) {},
          .placed = [](const auto&) { return true; },
          .opened = [](const auto&) { return true; },
          .makes_room = [](const auto&, const auto&) {},
          .replaced = [](const auto&, const auto&) {},
          .unread = [](const auto&, const auto& error) { std::fputs(error.words.c_str(), stderr); }};
}

}  // namespace sallyport::model
