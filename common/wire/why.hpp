#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/wire/capsule_error.hpp"

#include <cstdint>
#include <string>

namespace sallyport {

/// IDs stay within what every JSON reader keeps exact.
inline constexpr std::uint64_t kMaxWhyId = (std::uint64_t{1} << 53U) - 1;

/// "May I reach this, and why not?"; docs/protocol.md section 10.
struct WhyRequest {
  std::uint64_t id = 0;
  std::string to;  ///< "10.0.0.1:25/tcp"; from the wire: escaped, and not yet known to be a destination
  friend bool operator==(const WhyRequest&, const WhyRequest&) = default;
};

struct WhyAnswer {
  std::uint64_t id = 0;
  std::string verdict;  ///< "allow" or "deny"
  std::string reason;
  std::string words;
  std::string code;  ///< empty unless denied
  friend bool operator==(const WhyAnswer&, const WhyAnswer&) = default;
};

[[nodiscard]] Result<WhyRequest, CapsuleError> parse_why_request(Bytes value);
[[nodiscard]] Result<WhyAnswer, CapsuleError> parse_why_answer(Bytes value);
void append_why_request(ByteBuffer& out, const WhyRequest& request);
void append_why_answer(ByteBuffer& out, const WhyAnswer& answer);

}  // namespace sallyport
