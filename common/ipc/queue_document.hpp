#pragma once

#include "common/queue/queue_counters.hpp"

#include <nlohmann/json_fwd.hpp>

namespace sallyport {

/// What became of packets that had to wait for a connection: "queue" in every JSON answer.
[[nodiscard]] nlohmann::json queue_document(const QueueCounters& queue);

}  // namespace sallyport
