#include "server/gateway/worker.hpp"

#include <utility>

// How a session takes over from the one that its device had; docs/protocol.md section 18.1.

namespace sallyport {
namespace {

/// Per wake-up: what is still on its way is little.
constexpr int kLateReadsPerTurn = 4;

}  // namespace

void Worker::run(command::ReplaceLimits& replace) {
  limits_ = replace.limits;
  const Now now = thread_.loop().now();
  for (auto& [id, connection] : connections_) connection->session().use_limits(limits_, now);
  sweep_all();
}

void Worker::run(command::Drain& drain) {
  const Now now = thread_.loop().now();
  for (const SessionId id : drain.sessions) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    found->second->session().drain(drain.left, now, found->second->plaintext());
    mark_dirty(*found->second);
  }
}

/// The only session of its device has the addresses at once. Another one gets them when it is verified, and of several
/// that wait the newest.
void Worker::claim_addresses(Connection& connection) {
  const auto begun = addresses_.begin(connection);
  if (begun.is_held) connection.session().hold();
  for (Connection* each : begun.displaced) {
    each->session().end(EndReason::Superseded, each->plaintext());
    mark_dirty(*each);
  }
}

void Worker::take_over(Connection& connection, Now now) {
  Session& session = connection.session();
  const auto older = addresses_.take(connection);
  if (!older) return session.end(EndReason::Superseded, connection.plaintext());
  for (Connection* each : *older) {
    connection.take_over(*each);
    if (each->session().is_handed_over()) each->hand_over(now.steady);
    settle(*each, now);
  }
  session.go_online(now, connection.plaintext());
}

/// What its client sent before it knew is judged by the session that took over.
void Worker::read_late(Connection& connection, Now now) {
  Connection* const successor = addresses_.successor_of(connection);
  if (successor == nullptr) return connection.stop_handing_over();
  for (int turn = 0; turn < kLateReadsPerTurn; ++turn) {
    const auto input = connection.receive(ciphertext_);
    if (input == Connection::Input::Nothing) break;
    if (input != Connection::Input::Some || !pass_late_packets(connection, *successor, now)) {
      connection.stop_handing_over();
      break;
    }
  }
  settle(*successor, now);
}

/// False when nothing more can come.
bool Worker::pass_late_packets(Connection& connection, Connection& successor, Now now) {
  Session& session = connection.session();
  const MutableBytes room = MutableBytes{cleartext_}.subspan(kTunHeadroom);
  while (true) {
    const auto size = connection.read_plaintext(room);
    if (!size || !connection.admits_key_updates(now.steady)) return false;
    if (*size == 0) return session.is_handed_over();
    session.receive(room.first(*size));
    while (const auto packet = session.next_late_packet(successor.session(), now, successor.plaintext()))
      inside_.write(*packet, cleartext_, now.steady);
    inside_.flush();
  }
}

}  // namespace sallyport
