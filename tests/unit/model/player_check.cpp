#include "tests/unit/model/player.hpp"

#include "common/wire/datagram.hpp"

namespace sallyport::model {

void Player::check() {
  check_arrivals();
  check_states();
  for (const auto& [id, connection] : reference_.connections()) {
    if (fault_ || connection.state == State::Handshaken) continue;
    if (!connection.address.empty()) probe(id, connection);
  }
}

void Player::check_arrivals() {
  tally_.passed += expected_at_office_.size();
  if (system_.at_office != expected_at_office_) {
    fault("at the office: the reference says {} packets, the gateway {}", expected_at_office_.size(),
          system_.at_office.size());
  }
  agree("codes judged", fmt::format("{}", fmt::join(expected_judged_, ", ")),
        fmt::format("{}", fmt::join(judged_, ", ")));
  system_.at_office.clear();
  system_.at_laptop.clear();
  expected_at_office_.clear();
  judged_.clear();
  expected_judged_.clear();
}

void Player::check_states() {
  std::vector<int> known;
  for (const auto& [id, connection] : reference_.connections()) {
    known.push_back(id);
    const auto got = system_.state_of(id);
    const int state = got ? static_cast<int>(*got) : -1;
    if (state != static_cast<int>(connection.state)) {
      fault("connection {}: the reference says state {}, the gateway {}", id, static_cast<int>(connection.state),
            state);
    }
    if (connection.address.empty()) continue;
    agree("owner of an address", reference_.owner_of(connection.address), system_.owner_of(connection.address));
  }
  if (known != system_.connections())
    fault("the gateway has {} connections, not {}", system_.connections().size(), known.size());
}

/// Everything that could be sent now, on a copy, so that nothing comes of it.
void Player::probe(int id, const Connection& connection) {
  Session session = *system_.session_of(id);
  const auto now = clocks_.now();
  const auto& all = probes(connection.address);
  ByteBuffer ignored;
  std::array<bool, kPlaces> passed{};
  // What comes late on a session that has ended is its successor's business.
  const bool is_read = !session.has_ended();
  if (is_read) session.receive(all.fresh_capsules);
  while (const auto packet = session.next_packet(now, ignored)) {
    for (std::size_t place = 0; place < kPlaces; ++place) {
      if (std::ranges::equal(packet->bytes, all.fresh[place])) passed[place] = true;
    }
  }
  for (int place = 0; place < kPlaces; ++place) {
    const bool expected = reference_.may_reach(connection, place);
    ++tally_.probes;
    tally_.passed += expected ? 1 : 0;
    if (expected == passed[static_cast<std::size_t>(place)]) continue;
    fault("connection {} to place {}: the reference says {}, the gateway {}", id, place, expected, !expected);
  }
  for (const auto& each : all.never_out) {
    ByteBuffer capsule;
    append_datagram(capsule, each);
    if (is_read) session.receive(capsule);
    while (session.next_packet(now, ignored)) fault("connection {}: a foreign source passed", id);
  }
  probe_office(id, connection, session);
}

void Player::probe_office(int id, const Connection& connection, Session& session) {
  const auto now = clocks_.now();
  const auto passes = [&](const ByteBuffer& packet) {
    ByteBuffer out;
    const auto before = session.traffic().packets_out;
    session.send_packet(packet, now, out);
    ++tally_.probes;
    return session.traffic().packets_out != before;
  };
  const auto& all = probes(connection.address);
  for (int place = 0; place < kPlaces; ++place) {
    for (int port = 0; port < kPorts; ++port) {
      const FlowName flow{place, port};
      const bool expected = reference_.may_answer(connection, flow);
      const bool error = passes(all.of(flow).error);
      const bool reply = passes(all.of(flow).reply);
      tally_.passed += expected ? 2 : 0;
      if (error == expected && reply == expected) continue;
      fault("to connection {} from place {}, port {}: the reference says {}, the gateway {} (an error: {})", id, place,
            port, expected, reply, error);
    }
  }
  for (const auto& each : all.never_in) {
    if (passes(each)) fault("to connection {}: something that nobody asked for passed", id);
  }
}

}  // namespace sallyport::model
