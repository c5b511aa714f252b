#pragma once

#include "server/policy/rights_table.hpp"

#include <vector>

namespace sallyport {

/// Cuts overlapping claims into sorted, disjoint cells, each with the best claim of each kind; equal neighbours are
/// joined. Costs n log n.
[[nodiscard]] std::vector<ServiceCell> make_disjoint(std::vector<ServiceCell> claims);

}  // namespace sallyport
