#include "common/ipc/queue_document.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

TEST(QueueDocument, HasEveryCounterUnderTheNameThatScriptsRead) {
  const QueueCounters counters{
      .queued = 1, .dropped_codel = 2, .dropped_limit = 3, .marked = 4, .dropped_ended = 6, .held = 7, .joined = 5};
  EXPECT_EQ(queue_document(counters).dump(),
            R"({"dropped_codel":2,"dropped_ended":6,"dropped_limit":3,"held":7,"joined":5,"marked":4,"queued":1})");
}

}  // namespace
}  // namespace sallyport
