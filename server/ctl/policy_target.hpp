#pragma once

#include "common/base/result.hpp"

#include <string>

namespace sallyport {

/// A place that a person typed, in the form that expand_target() reads: a destination in full, or a resource with a
/// service, whose name only the policy knows. The error is words for a person.
[[nodiscard]] Result<std::string, std::string> readable_target(const std::string& text);

}  // namespace sallyport
