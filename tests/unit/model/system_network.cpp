#include "tests/unit/model/system.hpp"

#include "common/wire/datagram.hpp"
#include "tests/unit/model/must.hpp"
#include "tests/unit/model/nothing_written.hpp"

#include <algorithm>
#include <cstdlib>

namespace sallyport::model {

// --- time and network ---

void System::tick() {
  bury(true);
  must(store_->keep_latest_time(trusted()));
  if (trust_->problem_at(trusted())) {
    for (const auto session : registry_->where([](const auto&) { return true; }))
      end(session, EndReason::RevocationStale);
  }
  for (auto& [number, link] : links_) {
    if (link->session) link->session->handle_timeout(now_, link->to_client);
  }
  pump();
}

std::int64_t System::next_due() const {
  TimePoint due = now_.steady + std::chrono::seconds{30};
  for (const auto& [number, link] : links_) {
    if (link->session && !link->session->has_ended()) due = std::min(due, link->session->next_timeout(now_));
  }
  return std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(due - now_.steady).count());
}

bool System::is_blocked(const Link& link) const {
  const auto laptop = devices_.find(link.device);
  return link.vanished || (laptop != devices_.end() && laptop->second.partitioned);
}

void System::pump() {
  for (auto& [number, link] : links_) {
    if (link->session) settle(*link);
  }
  for (bool moved = true; moved;) {
    moved = false;
    for (auto& [number, link] : links_) {
      if (!link->session || is_blocked(*link)) continue;
      moved = carry_to_gateway(*link) || moved;
      moved = carry_to_client(*link) || moved;
    }
  }
  bury(false);
}

bool System::carry_to_gateway(Link& link) {
  if (link.to_gateway.empty() && !link.closing) return false;
  const bool is_last = std::exchange(link.closing, false);
  link.reading.swap(link.to_gateway);
  if (!link.session->has_ended()) link.session->receive(link.reading);
  while (const auto packet = link.session->next_packet(now_, link.to_client)) {
    at_office.emplace_back(packet->bytes.begin(), packet->bytes.end());
  }
  link.reading.clear();
  // The end comes behind what came before it: a verified session takes over though its client goes at once.
  settle(link);
  if (is_last) link.session->end_of_input(link.to_client);
  settle(link);
  return true;
}

/// What a worker does after everything that happened on a connection.
void System::settle(Link& link) {
  Session& session = *link.session;
  if (session.wants_to_take_over()) take_over(link);
  if (session.wants_challenge(now_)) {
    AttestNonce nonce{};
    store_be32(nonce, ++nonces_);
    session.challenge(nonce, now_, link.to_client);
    hooks_.challenged(link.number, static_cast<int>(nonces_));
  }
  while (auto event = session.poll_event()) {
    if (std::holds_alternative<Session::Ended>(*event)) remove(session.grant().id);
    if (const auto* offered = std::get_if<Session::ProofOffered>(&*event)) judge(link, *offered);
    if (std::holds_alternative<Session::Started>(*event)) note_started(session.grant().id);
  }
  if (session.has_ended()) book_of(link).forget(link);
}

/// As Worker::take_over() does. What comes late on the older session is lost here.
void System::take_over(Link& link) {
  const auto older = book_of(link).take(link);
  if (!older) return link.session->end(EndReason::Superseded, link.to_client);
  for (Link* each : *older) {
    link.session->take_over(*each->session, each->to_client);
    settle(*each);
  }
  link.session->go_online(now_, link.to_client);
}

/// As Gateway::on_started() does.
void System::note_started(SessionId session) {
  auto* entry = registry_->find(session);
  if (entry == nullptr) return;
  entry->started = true;
  if (!settle_renewal(entry->grant, *store_, no_records(), trusted())) std::abort();
}

/// As Gateway::on_proof_offered() does.
void System::judge(Link& link, const Session::ProofOffered& offered) {
  const auto* entry = registry_->find(link.session->grant().id);
  if (entry == nullptr) return;
  const SessionGrant& grant = entry->grant;
  const ProofClaim claim{grant.user, grant.device, grant.serial, offered.attempt.method,
                         offered.asked + floor_.behind(now_)};
  const auto outcome = proofs_.judge(*store_, claim, offered.attempt, floor_.at(now_), [] { return true; });
  hooks_.judged(link.number, sallyport::name_of(outcome.result));
  link.session->settle_proof(outcome, now_, link.to_client);
  if (outcome.result != ProofResult::Accepted) return;
  old_codes_[grant.user] = offered.attempt.code;
  for (const auto other : sessions_sharing_proof(*registry_, *store_, grant)) {
    if (Link* sharing = find(other)) sharing->session->note_proof(offered.asked, now_, sharing->to_client);
  }
}

bool System::carry_to_client(Link& link) {
  if (link.to_client.empty()) return false;
  ByteBuffer bytes;
  bytes.swap(link.to_client);
  link.client.receive(bytes);
  while (true) {
    const auto packet = link.client.next_packet(link.to_gateway);
    if (!packet || !*packet) break;
    at_laptop.emplace_back((*packet)->bytes.begin(), (*packet)->bytes.end());
  }
  hear(link);
  return true;
}

void System::hear(Link& link) {
  while (auto event = link.client.poll_event()) {
    const auto* challenge = std::get_if<AttestChallenge>(&*event);
    if (challenge == nullptr) continue;
    const auto& laptop = devices_[link.device];
    if (!laptop.answers) {
      link.held = *challenge;
      continue;
    }
    const auto kind = laptop.has_key ? Forgery::None : Forgery::CannotSign;
    const Code code = answer(link, *challenge, kind);
    hooks_.answered(link.number, number_of(challenge->nonce), kind, laptop.report, code);
  }
}

/// Through the queues of both workers in turn, whoever serves the address.
bool System::packet_to(const std::string& address, Bytes packet) {
  const auto to = IpAddress::parse(address).value();
  queue_ = (queue_ + 1) % kWorkers;
  Link* link = workers_->books[queue_].owner(to);
  const auto other = workers_->directory.worker_of(to);
  if (link == nullptr && other) link = workers_->books[index_of(*other)].owner(to);
  if (link == nullptr) return false;
  const auto before = link->session->traffic().packets_out;
  link->session->send_packet(packet, now_, link->to_client);
  return link->session->traffic().packets_out != before;
}

std::optional<System::State> System::state_of(int connection) const {
  const auto link = links_.find(connection);
  if (link == links_.end()) return std::nullopt;
  const auto& session = link->second->session;
  if (!session) return State::Handshaken;
  if (session->has_ended()) return State::Ended;
  if (session->is_verifying()) return State::Verifying;
  return session->is_online() ? State::Online : State::Awaiting;
}

const Session* System::session_of(int connection) const { return links_.at(connection)->session.get(); }

int System::owner_of(const std::string& address) const {
  const auto of = IpAddress::parse(address).value();
  const auto& [first, second] = workers_->books;
  if (first.owner(of) != nullptr && second.owner(of) != nullptr) std::abort();
  const Link* link = first.owner(of) != nullptr ? first.owner(of) : second.owner(of);
  return link == nullptr ? -1 : link->number;
}

std::vector<int> System::connections() const {
  std::vector<int> numbers;
  for (const auto& [number, link] : links_) numbers.push_back(number);
  return numbers;
}

}  // namespace sallyport::model
