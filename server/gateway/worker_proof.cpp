#include "server/gateway/worker.hpp"

namespace sallyport {

void Worker::run(command::SettleProof& settle) {
  const auto found = connections_.find(settle.session);
  if (found == connections_.end()) return;
  Connection& connection = *found->second;
  connection.session().settle_proof(settle.outcome, thread_.loop().now(), connection.plaintext());
  mark_dirty(connection);
}

void Worker::run(command::NoteProof& note) {
  for (const SessionId id : note.sessions) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    found->second->session().note_proof(note.proved, thread_.loop().now(), found->second->plaintext(), note.asked);
    mark_dirty(*found->second);
  }
  flush_dirty();
  report_(report::Done{note.ticket});
}

}  // namespace sallyport
