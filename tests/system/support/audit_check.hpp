#pragma once

#include "tests/system/support/lab.hpp"

namespace sallyport::lab {

/// Invariant I5 at the end of a test: nobody altered the audit file, and every record is of a kind that docs/audit.md
/// knows and has all that such a record carries.
void expect_whole_audit(const Lab& lab);

}  // namespace sallyport::lab
