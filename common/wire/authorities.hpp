#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/wire/capsule_error.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

inline constexpr std::size_t kMaxNextAuthorities = 4;
inline constexpr std::size_t kMaxRetiredAuthorities = 16;
inline constexpr std::size_t kMaxHeldAuthorities = 16;
inline constexpr std::size_t kMaxAuthoritySize = 16U << 10U;
inline constexpr std::size_t kMaxRetirementSize = 1024;
inline constexpr std::chrono::days kMaxRenewWithin{30};

/// An authority that is to be trusted, and what one of before signed for it. Nothing of it is verified here.
struct NextAuthority {
  ByteBuffer certificate;
  ByteBuffer vouched;
  friend bool operator==(const NextAuthority&, const NextAuthority&) = default;
};

/// What a gateway says of authorities that come and go; docs/protocol.md section 17.
struct AuthorityAnnouncement {
  std::vector<NextAuthority> next;
  std::vector<std::string> retired;                    ///< SHA-256 of certificates, lower-case hex
  std::optional<std::chrono::seconds> renew_within{};  ///< ask for the next certificate of this device by then
  ByteBuffer retirement{};  ///< what an authority that stays signed for `retired`, as it stands; not verified here

  [[nodiscard]] bool asks_for_answer() const noexcept { return !next.empty() || !retired.empty(); }
  friend bool operator==(const AuthorityAnnouncement&, const AuthorityAnnouncement&) = default;
};

/// Which authorities a laptop trusts now.
struct AuthorityReport {
  std::vector<std::string> has;  ///< as AuthorityAnnouncement::retired
  std::string problem;           ///< a stable class of what was not done; empty: all was
  friend bool operator==(const AuthorityReport&, const AuthorityReport&) = default;
};

/// 64 digits, lower case.
[[nodiscard]] bool is_fingerprint(std::string_view text) noexcept;

[[nodiscard]] Result<AuthorityAnnouncement, CapsuleError> parse_authority_announcement(Bytes value);
[[nodiscard]] Result<AuthorityReport, CapsuleError> parse_authority_report(Bytes value);

/// What is beyond the bounds is left out.
void append_authority_announcement(ByteBuffer& out, const AuthorityAnnouncement& announcement);
void append_authority_report(ByteBuffer& out, const AuthorityReport& report);

}  // namespace sallyport
