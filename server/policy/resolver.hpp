#pragma once

#include "common/base/diagnostic.hpp"
#include "common/base/result.hpp"
#include "server/policy/document.hpp"
#include "server/policy/resolved_policy.hpp"

#include <memory>

namespace sallyport {

/// Looks every name up; refuses unknown and repeated names, groups that contain themselves, and what exceeds a limit.
[[nodiscard]] Result<std::unique_ptr<const ResolvedPolicy>, Diagnostics> resolve(PolicyDocument document);

/// 16 hex digits of a document in canonical order.
[[nodiscard]] std::string hash_of(const PolicyDocument& document);

}  // namespace sallyport
