#pragma once

#include "server/policy/report/policy_report.hpp"

namespace sallyport {

/// Fills rows, left_off, spoken_of, as_everyone and overlaps_complete.
void fill_matrix(PolicyReport& report);

}  // namespace sallyport
