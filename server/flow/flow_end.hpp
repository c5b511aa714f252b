#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport {

/// How a flow came to its end.
enum class FlowEnd : std::uint8_t {
  NoLongerAllowed,  ///< judged again, and the answer was no
  Silent,           ///< longer than its state tolerates
  MadeRoom,         ///< the table was full and this flow was silent longest
  SessionEnded,
};

/// Stable, for records: "no_longer_allowed".
[[nodiscard]] constexpr std::string_view name_of(FlowEnd end) noexcept {
  switch (end) {
    case FlowEnd::NoLongerAllowed:
      return "no_longer_allowed";
    case FlowEnd::Silent:
      return "silent";
    case FlowEnd::MadeRoom:
      return "made_room";
    case FlowEnd::SessionEnded:
      return "session_ended";
  }
  return "invalid";
}

}  // namespace sallyport
