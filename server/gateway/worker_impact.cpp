#include "server/gateway/worker.hpp"

#include <chrono>

namespace sallyport {
namespace {

/// How long packets may wait for a question. Between two slices the loop turns.
constexpr auto kSlice = std::chrono::milliseconds{1};

}  // namespace

/// One session after the other; one that starts meanwhile is not looked at.
void Worker::run(command::Measure& measure) {
  if (!measure.left) {
    measure.left.emplace();
    for (const auto& [id, connection] : connections_) measure.left->push_back(id);
  }
  const Now now = thread_.loop().now();
  const auto slice_ends = std::chrono::steady_clock::now() + kSlice;
  while (!measure.left->empty()) {
    const auto found = connections_.find(measure.left->back());
    measure.left->pop_back();
    if (found == connections_.end() || !found->second->session().is_online()) continue;
    const Session& session = found->second->session();
    measure.found.add({.session = session.grant().id,
                       .user = session.grant().user,
                       .device = session.grant().device,
                       .flows = session.impact_of(*measure.candidate, now),
                       .loses_access = measure.losing->count(session.grant().id) != 0});
    if (std::chrono::steady_clock::now() < slice_ends || measure.left->empty()) continue;
    commands_.push(std::move(measure));
    return;
  }
  report_(report::Measured{measure.ticket, std::move(measure.found)});
}

}  // namespace sallyport
