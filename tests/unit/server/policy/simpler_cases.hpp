#pragma once

#include "tests/unit/server/policy/oracle.hpp"

#include <vector>

namespace sallyport {

/// The same question to somewhat smaller policies, and with less evidence: for finding the smallest case that still
/// shows a fault. Every one of them compiles, and following any path of them comes to an end.
[[nodiscard]] std::vector<OracleCase> simpler_cases(const OracleCase& from);

}  // namespace sallyport
