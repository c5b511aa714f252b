#pragma once

#include "common/base/ids.hpp"
#include "common/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// SHA-256 of an enrolment token. The token itself is nowhere in the store.
using TokenHash = std::array<std::byte, 32>;

enum class Replace : bool { No, Yes };

/// What an administrator allows by an enrolment token.
struct TokenGrant {
  UserId user;
  DeviceId device;                ///< empty: the gateway makes a name
  Replace replace = Replace::No;  ///< `device` may be an active one, whose certificate is then revoked
  unsigned uses = 1;
  WallTime expires_at{};

  friend bool operator==(const TokenGrant&, const TokenGrant&) = default;
};

/// In this order of precedence when several hold.
enum class TokenState : std::uint8_t { Revoked, UsedUp, Expired, Good };
/// "good", "expired", "used_up", "revoked".
[[nodiscard]] std::string_view name_of(TokenState state) noexcept;

struct TokenRecord {
  std::string id;  ///< for people and logs; says nothing about the token
  TokenGrant grant;
  unsigned used = 0;
  WallTime created_at{};
  std::optional<WallTime> revoked_at;

  [[nodiscard]] TokenState state_at(WallTime now) const noexcept;
};

}  // namespace sallyport
