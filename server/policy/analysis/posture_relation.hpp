#pragma once

#include "server/policy/posture_check.hpp"

#include <string>

namespace sallyport {

// What two checks have to do with each other, whatever a laptop reports.

/// Equal for checks that ask the same, however they are written. Not for people.
[[nodiscard]] std::string meaning_of(const PostureCheck& check);

/// Where every line of `check` holds, every line of `other` does; `reported_within` does not count.
[[nodiscard]] bool lines_imply(const PostureCheck& check, const PostureCheck& other);
/// The lines of both never hold together.
[[nodiscard]] bool lines_exclude(const PostureCheck& a, const PostureCheck& b);
/// A report that is young enough for `check` is for `other`.
[[nodiscard]] bool is_as_fresh(const PostureCheck& check, const PostureCheck& other);

/// What satisfies `check` satisfies `other`.
[[nodiscard]] inline bool implies(const PostureCheck& check, const PostureCheck& other) {
  return lines_imply(check, other) && is_as_fresh(check, other);
}

}  // namespace sallyport
