#include "server/gateway/worker.hpp"

#include "common/ip/header_fields.hpp"
#include "common/pki/random.hpp"
#include "server/gateway/cut_measure.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

namespace sallyport {
namespace {

/// Per wake-up, so that no session or direction starves the others.
constexpr int kReadsPerTurn = 4;
constexpr int kPacketsPerTurn = 256;
constexpr std::size_t kBytesPerTurn = 512U << 10U;
/// With what becomes of it and the records on the way it stays in the cache of one processor: 4 % less processor time
/// than twice as much, and half as much saves nothing more.
constexpr std::size_t kCiphertextScratch = 64U << 10U;
constexpr std::size_t kCleartextScratch = kTunHeadroom + kCiphertextScratch;
/// Adoptions and commands that may wait; admission refuses a connection that does not fit.
constexpr std::size_t kCommandQueue = 4096;
/// Of the decisions of one session at once: with all its flows at its end, it has fewer.
constexpr int kMaxParts = 64;
/// Ends that must not leave a session's data in flight: what the kernel has not sent within kDrainTime is discarded,
/// and this long after the first try it is looked at whether it has.
constexpr auto kFirstLook = std::chrono::milliseconds{20};

}  // namespace

Worker::Worker(TunLanes inside, std::shared_ptr<const Policy> policy, Reporter report, const SessionLimits& limits,
               ExchangePort port)
    : thread_{"worker-" + std::to_string(index_of(port.self())), Suspension::Counts},
      inside_{std::move(inside)},
      policy_{std::move(policy)},
      report_{std::move(report)},
      ciphertext_(kCiphertextScratch),
      cleartext_(kCleartextScratch),
      packet_(kTunScratch),
      port_{port},
      limits_{limits},
      tick_{thread_.loop(), [this] { on_tick(); }},
      ack_timer_{thread_.loop(), [this] { on_ack_due(); }},
      walk_{thread_.loop(), [this] { on_walk(); }},
      crossing_{thread_.loop(), [this] { on_crossing(); }},
      commands_{thread_.loop(), kCommandQueue,
                [this](WorkerCommand&& command) { std::visit([this](auto& each) { run(each); }, command); },
                [this] { flush_dirty(); }} {
  port_.attach(crossing_);
  for (const int fd : inside_.descriptors()) {
    inside_polls_.push_back(Poll::watch(thread_.loop(), fd, [this](bool, bool) { on_inside(); }).value());
    inside_polls_.back().set_interest(true, false);
  }
  tick_.arm({});
}

Worker::~Worker() { thread_.stop(); }

void Worker::run(command::Adopt& adopt) {
  const Now now = thread_.loop().now();
  const SessionId id = adopt.grant.id;
  const bool is_refused = adopt.refusal.has_value();
  Session session = adopt.refusal ? Session{std::move(adopt.grant), std::move(*adopt.refusal), now}
                                  : Session{std::move(adopt.grant), policy_, now};
  watch(session);
  session.use_limits(limits_, now);
  const auto early = std::move(adopt.connection.early);
  auto owned = std::make_unique<Connection>(std::move(adopt.connection), std::move(session), now.steady);
  Connection& connection = *connections_.insert_or_assign(id, std::move(owned)).first->second;
  auto poll = Poll::watch(thread_.loop(), connection.fd(),
                          [this, raw = &connection](bool readable, bool) { on_outside(*raw, readable); });
  if (!poll) {
    connection.session().end(EndReason::TransportFailed, connection.plaintext());
    settle(connection, now);
    return;
  }
  connection.poll.emplace(std::move(*poll));
  connection.session().announce(announcement_, connection.plaintext());
  if (!is_refused) claim_addresses(connection);
  // The request may have arrived right behind the handshake: it is in the engine, and no event will announce it.
  take_plaintext(connection, early, {}, now);
  (void)read_packets(connection, now);
  mark_dirty(connection);
}

void Worker::run(command::ReplacePolicy& replace) {
  policy_ = std::move(replace.policy);
  for (auto& [id, connection] : connections_) {
    connection->session().replace_policy(policy_);
    if (replace.asked) connection->session().note_replaced(*replace.asked, read_steady_clock(Suspension::Counts));
  }
  ready_ = std::move(replace.ready);
  sweep_all();
  report_(report::Done{replace.ticket});
}

void Worker::run(command::NoteRevocation& note) {
  for (auto& [id, connection] : connections_) {
    const auto date = note.as_of.find(connection->session().grant().issuer);
    if (date != note.as_of.end()) connection->session().note_revocation(date->second);
  }
  sweep_all();
}

void Worker::run(command::End& end) {
  for (const SessionId id : end.sessions) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    found->second->cut_by = end.origin;
    found->second->session().end(end.reason, found->second->plaintext());
    mark_dirty(*found->second);
  }
  flush_dirty();
  report_(report::Done{end.ticket});
}

void Worker::run(command::Stop& stop) {
  for (auto& [id, connection] : connections_) {
    connection->session().end(EndReason::Shutdown, connection->plaintext(), stop.return_within);
    mark_dirty(*connection);
  }
  flush_dirty();
  report_(report::Done{stop.ticket});
}

void Worker::on_outside(Connection& connection, bool readable) {
  const Now now = thread_.loop().now();
  if (readable && connection.session().is_handed_over())
    read_late(connection, now);
  else if (readable)
    read_outside(connection, now);
  settle(connection, now);
}

void Worker::read_outside(Connection& connection, Now now) {
  for (int turn = 0; turn < kReadsPerTurn && connection.has_backlog_room(); ++turn) {
    const auto input = connection.receive(ciphertext_);
    if (input == Connection::Input::Nothing) return;
    if (input == Connection::Input::Closed) {
      connection.session().end_of_input(connection.plaintext());
      return;
    }
    if (input == Connection::Input::Failed) {
      connection.session().end(EndReason::TransportFailed, connection.plaintext());
      return;
    }
    if (!read_packets(connection, now)) return;
  }
}

/// Takes all plaintext the engine has; false when the session is over.
bool Worker::read_packets(Connection& connection, Now now) {
  Session& session = connection.session();
  // The first packet, too, has room in front of it.
  const MutableBytes room = MutableBytes{cleartext_}.subspan(kTunHeadroom);
  while (true) {
    const auto size = connection.read_plaintext(room);
    if (!size) {
      if (size.error().fault == TlsFault::Closed)
        session.end_of_input(connection.plaintext());
      else
        session.end(EndReason::TransportFailed, connection.plaintext());
      return false;
    }
    if (!connection.admits_key_updates(now.steady)) {
      session.end(EndReason::ProtocolViolation, connection.plaintext());
      return false;
    }
    if (*size == 0) return !session.has_ended();
    take_plaintext(connection, room.first(*size), cleartext_, now);
  }
}

void Worker::take_plaintext(Connection& connection, Bytes plaintext, MutableBytes lender, Now now) {
  Session& session = connection.session();
  if (plaintext.empty()) return;
  session.receive(plaintext);
  while (const auto packet = session.next_packet(now, connection.plaintext())) {
    inside_.write(*packet, lender, now.steady);
  }
  inside_.flush();
}

void Worker::on_inside() {
  const Now now = thread_.loop().now();
  std::size_t octets = 0;
  for (int i = 0; i < kPacketsPerTurn && octets < kBytesPerTurn; ++i) {
    const auto packet = inside_.read(packet_, now.steady);
    if (!packet || packet->bytes.empty()) break;
    octets += packet->bytes.size();
    ++counts_.read;
    route_inside(*packet, now);
  }
  port_.publish();
  flush_dirty();
}

void Worker::route_inside(const SuperPacket& packet, Now now) {
  const auto destination = destination_field(packet.bytes);
  if (!destination) return;
  Connection* const owner = addresses_.owner(*destination);
  if (owner == nullptr) return hand_over(packet, *destination);
  give_to(*owner, packet, now);
}

void Worker::give_to(Connection& connection, const SuperPacket& packet, Now now) {
  connection.take_inside(packet, now, queue_home_);
  mark_dirty(connection);
}

void Worker::mark_dirty(Connection& connection) {
  if (std::exchange(connection.is_dirty, true)) return;
  dirty_.push_back(connection.session().grant().id);
}

void Worker::flush_dirty() {
  const Now now = thread_.loop().now();
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    const auto found = connections_.find(dirty_[i]);
    if (found == connections_.end()) continue;
    found->second->is_dirty = false;
    settle(*found->second, now);
  }
  dirty_.clear();
}

/// Sends what is due, tells what happened and closes what is over. `connection` may be gone afterwards.
void Worker::settle(Connection& connection, Now now) {
  Session& session = connection.session();
  if (session.wants_to_take_over()) take_over(connection, now);
  if (session.wants_challenge(now)) ask_to_attest(connection, now);
  if (!session.has_ended()) connection.take_due_ack(now, queue_home_);
  if (!connection.flush(now)) session.end(EndReason::TransportFailed, connection.plaintext());
  forward_events(connection, now);
  if (!session.has_ended()) {
    // A client that asks faster than it takes the answers is not read until it took some.
    connection.poll->set_interest(connection.has_backlog_room(), connection.wants_write());
    await_ack(connection);
    return look_again(connection, connection.next_due(now), now);
  }
  addresses_.forget(connection);
  if (connection.is_handing_over(now.steady)) {
    if (connection.poll) connection.poll->set_interest(true, connection.wants_write());
    return look_again(connection, *connection.hand_over_deadline(), now);
  }
  const bool first = !connection.drain_deadline();
  connection.start_draining(now.steady);
  const bool alive = connection.flush(now);
  if (alive && !connection.is_drained() && now.steady < *connection.drain_deadline()) {
    if (connection.poll) connection.poll->set_interest(false, connection.wants_write());
    return look_again(connection, first ? now.steady + kFirstLook : *connection.drain_deadline(), now);
  }
  if (!connection.is_drained()) connection.reset_on_close();
  erase(session.grant().id);
}

/// Without fresh random octets nothing is asked, and what rules need fresh evidence for ends by itself.
void Worker::ask_to_attest(Connection& connection, Now now) {
  AttestNonce nonce{};
  if (fill_random(nonce))
    connection.session().challenge(nonce, now, connection.plaintext());
  else
    connection.session().postpone_challenge(now);
}

void Worker::forward_events(Connection& connection, Now now) {
  Session& session = connection.session();
  const SessionId id = session.grant().id;
  for (int part = 0; part < kMaxParts && session.has_decisions(); ++part) {
    auto events = session.take_decisions(now);
    if (!events.empty()) report_(report::Decisions{id, std::move(events)});
  }
  if (session.has_losses(now)) {
    report_(report::Lost{id, session.grant().device, session.grant().user, session.take_losses(now)});
  }
  if (session.has_cuts()) forward_cuts(session);
  while (auto event = session.poll_event()) {
    if (std::holds_alternative<Session::Started>(*event)) report_(report::Started{id});
    if (auto* denied = std::get_if<Session::Denied>(&*event)) report_(report::Denied{id, std::move(*denied)});
    if (auto* renewed = std::get_if<Session::EvidenceRenewed>(&*event)) {
      report_(report::EvidenceRenewed{id, std::move(renewed->evidence)});
    }
    if (const auto* refused = std::get_if<Session::AttestRefused>(&*event)) {
      report_(report::AttestRefused{id, refused->refusal});
    }
    if (auto* offer = std::get_if<Session::ProofOffered>(&*event)) report_(report::ProofOffered{id, std::move(*offer)});
    if (auto* changed = std::get_if<Session::PostureChanged>(&*event)) {
      report_(report::PostureChanged{id, std::move(*changed)});
    }
    if (auto* held = std::get_if<Session::AuthoritiesHeld>(&*event)) {
      report_(report::AuthoritiesHeld{id, std::move(held->report)});
    }
    if (const auto* cut = std::get_if<Session::RoutesCut>(&*event)) report_(report::RoutesCut{id, cut->left_off});
    if (const auto* ended = std::get_if<Session::Ended>(&*event)) {
      report_(report::Ended{id, ended->reason, session.traffic(), session.filter().stats().refused, session.losses(),
                            session.life().was_told_to_move(), cut_of(session, ended->reason, connection.cut_by)});
    }
  }
}

void Worker::erase(SessionId id) {
  const auto found = connections_.find(id);
  addresses_.forget(*found->second);
  found->second->egress().release();
  ended_queues_ += found->second->egress().counters();
  ended_ += totals_of(found->second->session());
  deadlines_.erase(id);
  ack_deadlines_.erase(id);
  found->second->poll.reset();
  connections_.erase(found);
}

}  // namespace sallyport
