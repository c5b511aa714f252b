#include "server/gateway/worker.hpp"

namespace sallyport {

void Worker::run(command::Announce& announce) {
  announcement_ = std::move(announce.announcement);
  for (auto& [id, connection] : connections_) {
    connection->session().announce(announcement_, connection->plaintext());
    mark_dirty(*connection);
  }
  flush_dirty();
}

void Worker::run(command::AskToRenew& ask) {
  const auto found = connections_.find(ask.session);
  if (found == connections_.end()) return;
  found->second->session().ask_to_renew(ask.within, found->second->plaintext());
  mark_dirty(*found->second);
}

}  // namespace sallyport
