#pragma once

#include "server/policy/report/policy_report.hpp"

namespace sallyport {

/// Fills rows, rows_left_off, as_everyone and overlaps_complete.
void fill_matrix(PolicyReport& report);

}  // namespace sallyport
