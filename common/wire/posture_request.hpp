#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/wire/capsule_error.hpp"

namespace sallyport {

/// "What I would report has changed: ask me"; docs/protocol.md section 11. Client to gateway.
/// True: it wants to be asked; false: a wish of a later release.
[[nodiscard]] Result<bool, CapsuleError> parse_posture_request(Bytes value);
void append_posture_request(ByteBuffer& out);

}  // namespace sallyport
