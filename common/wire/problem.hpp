#pragma once

#include "common/base/bytes.hpp"
#include "common/wire/upgrade_error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// A refusal as an RFC 9457 document; docs/protocol.md section 3.2.
struct Problem {
  unsigned status = 403;  ///< HTTP status, 400 to 599
  std::string title;      ///< the status in words; written from `status` when empty
  std::string detail;     ///< what happened and what to do, for the employee
  std::string reason;     ///< a class such as "device_disabled"; never policy contents
  std::string code;       ///< reference for the administrator; may be empty
  friend bool operator==(const Problem&, const Problem&) = default;
};

/// "Forbidden" for 403; "Refused" for a status we never send.
[[nodiscard]] std::string_view status_title(unsigned status) noexcept;

/// What the gateway answers to a request it cannot accept.
[[nodiscard]] Problem problem_for(UpgradeError error);

/// The JSON text.
[[nodiscard]] std::string to_json(const Problem& problem);

/// Reads a document from the peer: members of the wrong kind read as empty, texts come out escaped. The status is the
/// caller's to set. Nullopt when it is no JSON object.
[[nodiscard]] std::optional<Problem> parse_problem(Bytes text);

}  // namespace sallyport
