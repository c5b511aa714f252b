#include "common/ipc/queue_document.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {

nlohmann::json queue_document(const QueueCounters& queue) {
  return {{"queued", queue.queued},
          {"dropped_codel", queue.dropped_codel},
          {"dropped_limit", queue.dropped_limit},
          {"dropped_ended", queue.dropped_ended},
          {"held", queue.held},
          {"marked", queue.marked},
          {"joined", queue.joined}};
}

}  // namespace sallyport
