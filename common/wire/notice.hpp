#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/wire/capsule_error.hpp"

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
  friend bool operator==(const EndingNotice&, const EndingNotice&) = default;
};

/// A kind this release does not know: to be ignored.
struct UnknownNotice {
  friend bool operator==(const UnknownNotice&, const UnknownNotice&) = default;
};

using GatewayNotice = std::variant<DeniedNotice, EndingNotice, UnknownNotice>;

/// Texts come out escaped: printable ASCII, at most 256 characters.
[[nodiscard]] Result<GatewayNotice, CapsuleError> parse_notice(Bytes value);
void append_notice(ByteBuffer& out, const DeniedNotice& notice);
void append_notice(ByteBuffer& out, const EndingNotice& notice);

}  // namespace sallyport
