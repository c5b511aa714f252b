#include "tests/system/support/audit_check.hpp"

#include "server/audit/audit_event.hpp"

#include <gtest/gtest.h>

namespace sallyport::lab {

void expect_whole_audit(const Lab& lab) {
  const auto verdict = lab.ctl({"--json", "audit", "verify"}).last_line();
  EXPECT_EQ(verdict.value("intact", false), true) << verdict;
  for (const auto& record : lab.audit()) EXPECT_EQ(problem_of_record(record), "") << record;
}

}  // namespace sallyport::lab
