#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/wire/capsule_error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sallyport {

/// Unknown is no pass: what asks for the check stays closed.
enum class PostureState : std::uint8_t { Fails, Holds, Unknown };
/// "fails", "holds", "unknown"; these stand on the wire.
[[nodiscard]] std::string_view name_of(PostureState state) noexcept;

/// One line of a posture check beside what the laptop reported.
struct StandingLine {
  std::string key;       ///< "firewall", "os", "process NAME", "file PATH"
  std::string required;  ///< "true", "debian >=12"
  std::string actual;    ///< "unknown" when nothing was reported
  PostureState state = PostureState::Unknown;
  friend bool operator==(const StandingLine&, const StandingLine&) = default;
};

/// One posture check that asks something of this laptop, as the gateway judged it.
struct StandingCheck {
  std::string name;
  PostureState state = PostureState::Unknown;
  bool needed = true;  ///< false: every rule that names it is content with another check that holds
  std::vector<StandingLine> lines;
  friend bool operator==(const StandingCheck&, const StandingCheck&) = default;
};

/// How this laptop stands, in the gateway's judgement; docs/protocol.md section 11.
struct PostureStanding {
  std::vector<StandingCheck> checks;
  std::size_t left_off = 0;  ///< checks that did not fit into the capsule
  friend bool operator==(const PostureStanding&, const PostureStanding&) = default;
};

inline constexpr std::size_t kMaxStandingChecks = 64;
inline constexpr std::size_t kMaxStandingLines = 512;

/// Texts come out escaped: printable ASCII, bounded.
[[nodiscard]] Result<PostureStanding, CapsuleError> parse_posture_standing(Bytes value);
/// Whole checks, as many as fit; the others are counted in `left_off`.
void append_posture_standing(ByteBuffer& out, const PostureStanding& standing);

}  // namespace sallyport
