#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/wire/capsule_error.hpp"

#include <chrono>
#include <string>
#include <variant>

namespace sallyport {

/// A packet of the client was refused; docs/protocol.md section 9.
struct DeniedNotice {
  std::string to;      ///< "10.0.0.1:25/tcp"
  std::string reason;  ///< a class, never rule contents
  std::string words;   ///< for the employee
  std::string code;    ///< for the administrator
  friend bool operator==(const DeniedNotice&, const DeniedNotice&) = default;
};

/// The gateway is about to close the session.
struct EndingNotice {
  std::string reason;
  std::string words;
  /// Connect again after a random part of this time; 0: the gateway does not say.
  std::chrono::seconds return_within{};
  friend bool operator==(const EndingNotice&, const EndingNotice&) = default;
};

/// Another session is to take the place of this one; docs/protocol.md section 18.2.
struct MoveNotice {
  std::string reason;  ///< "lifetime", "draining"
  std::string words;
  std::chrono::seconds left{};  ///< until the gateway ends this session
  friend bool operator==(const MoveNotice&, const MoveNotice&) = default;
};
inline constexpr std::chrono::seconds kLongestReturn{3600};

/// A kind this release does not know: to be ignored.
struct UnknownNotice {
  friend bool operator==(const UnknownNotice&, const UnknownNotice&) = default;
};

using GatewayNotice = std::variant<DeniedNotice, EndingNotice, MoveNotice, UnknownNotice>;

/// Texts come out escaped: printable ASCII, at most 256 characters.
[[nodiscard]] Result<GatewayNotice, CapsuleError> parse_notice(Bytes value);
void append_notice(ByteBuffer& out, const DeniedNotice& notice);
void append_notice(ByteBuffer& out, const EndingNotice& notice);
void append_notice(ByteBuffer& out, const MoveNotice& notice);

}  // namespace sallyport
