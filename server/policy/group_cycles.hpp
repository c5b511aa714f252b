#pragma once

#include "common/base/diagnostic.hpp"
#include "server/policy/document.hpp"

#include <cstdint>
#include <vector>

namespace sallyport {

/// One diagnostic for each chain of groups that leads back to its start. `parents[g]` are the groups that name `g`.
[[nodiscard]] Diagnostics find_group_cycles(const PolicyDocument& document,
                                            const std::vector<std::vector<std::uint32_t>>& parents);

}  // namespace sallyport
