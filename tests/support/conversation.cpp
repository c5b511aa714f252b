#include "tests/support/conversation.hpp"

#include "common/ip/segments.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace sallyport {
namespace {

constexpr int kMaxSteps = 10'000;

SessionGrant grant_for(const PeerIdentity& peer, const ChannelValue& channel) {
  return SessionGrant{.id = SessionId{1},
                      .device = peer.device,
                      .user = peer.user,
                      .serial = peer.serial_hex,
                      .certificate_expires = peer.not_after,
                      .source = IpAddress::parse("198.51.100.2").value(),
                      .addresses = {.v4 = IpAddress::parse("10.99.0.2"), .v6 = IpAddress::parse("fd12::2")},
                      .binding = std::make_shared<const ChannelBinding>(ChannelBinding{peer.certificate.key, channel})};
}

/// As the kernel would hand it on: of a super-packet the segments.
void keep(std::vector<ByteBuffer>& packets, const SuperPacket& super) {
  if (super.is_plain()) {
    packets.emplace_back(super.bytes.begin(), super.bytes.end());
    return;
  }
  const auto segments = Segments::of(PacketView::parse(super.bytes).value(), super.segmentation.size).value();
  for (std::size_t i = 0; i < segments.count(); ++i) {
    packets.emplace_back(segments.length(i));
    (void)segments.write(i, packets.back());
  }
}

ChannelValue channel_of(const Engine& engine) {
  ChannelValue channel{};
  if (!engine.export_keying_material(kAttestExporterLabel, {}, channel)) std::abort();
  return channel;
}

}  // namespace

std::shared_ptr<const Policy> policy_from(const std::string& text) {
  auto loaded = load_policy_texts(std::vector<PolicyFile>{{.name = "test.toml", .text = text}});
  if (loaded) return loaded->policy;
  std::fputs(to_string(loaded.error()).c_str(), stderr);
  std::abort();
}

Conversation::Conversation(const std::string& policy, Extensions client_extensions)
    : now_{.steady = TimePoint{std::chrono::hours{1}}, .wall = wall_now()},
      device_{pki_.device("ana-laptop")},
      tls_{pki_.server(), pki_.client(device_), now_.wall},
      client_extensions_{client_extensions},
      policy_{policy_from(policy)} {}

void Conversation::run() {
  for (int i = 0; i < kMaxSteps; ++i) {
    bool moved = step_client();
    moved = carry(*tls_.client, to_gateway_, *tls_.server) || moved;
    moved = step_gateway() || moved;
    moved = carry(*tls_.server, to_client_, *tls_.client) || moved;
    if (!moved) return;
  }
  std::abort();
}

void Conversation::pass_time(Duration time) {
  now_.steady += time;
  now_.wall += std::chrono::duration_cast<std::chrono::seconds>(time);
  if (client_) client_->handle_timeout(now_);
  if (gateway_) gateway_->handle_timeout(now_, gateway_plain_);
  run();
}

void Conversation::laptop_sends(const SuperPacket& packet) {
  if (client_) (void)client_->send_packet(packet, client_plain_);
  run();
}

void Conversation::office_sends(const SuperPacket& packet) {
  if (gateway_) gateway_->send_packet(packet, now_, gateway_plain_);
  run();
}

void Conversation::replace_policy(const std::string& policy) {
  policy_ = policy_from(policy);
  if (!gateway_) return;
  gateway_->replace_policy(policy_);
  gateway_->handle_timeout(now_, gateway_plain_);
  run();
}

void Conversation::end(EndReason reason) {
  if (gateway_) gateway_->end(reason, gateway_plain_);
  run();
}

std::optional<AttestAnswer> Conversation::honest_answer(const ChannelValue& channel, const AttestChallenge& challenge,
                                                        const std::string& body) const {
  auto signature = device_.key.sign(attestation_message(channel, challenge, body));
  if (!signature) std::abort();
  return AttestAnswer{challenge.nonce, body, std::move(*signature)};
}

void Conversation::laptop_attests(const AttestAnswer& answer) {
  client_->attest(answer, client_plain_);
  run();
}

void Conversation::announce(std::shared_ptr<const AuthorityAnnouncement> said) {
  announcement = std::move(said);
  if (gateway_) gateway_->announce(announcement, gateway_plain_);
  run();
}

void Conversation::ask_to_renew(std::chrono::seconds within) {
  gateway_->ask_to_renew(within, gateway_plain_);
  run();
}

void Conversation::laptop_says(Bytes plaintext) {
  append(client_plain_, plaintext);
  run();
}

void Conversation::type_code(const ProofAttempt& attempt) {
  typed_ = attempt;
  if (!client_->ask_for_challenge(client_plain_)) std::abort();
  run();
}

bool Conversation::tell_posture_changed() {
  const bool told = client_ && client_->tell_posture_changed(client_plain_);
  run();
  return told;
}

void Conversation::settle_proof(const ProofOutcome& outcome) {
  gateway_->settle_proof(outcome, now_, gateway_plain_);
  run();
}

void Conversation::note_proof(std::optional<WallTime> proved) {
  gateway_->note_proof(proved, now_, gateway_plain_);
  run();
}

void Conversation::drain(std::chrono::seconds left) {
  gateway_->drain(left, now_, gateway_plain_);
  run();
}

void Conversation::office_sent(const SuperPacket& packet, const LetIn& let_in) {
  if (gateway_) gateway_->send_admitted(packet, let_in, now_, gateway_plain_);
  run();
}
void Conversation::take_over(Conversation& older) {
  gateway_->take_over(older.gateway(), older.gateway_plain_);
  gateway_->go_online(now_, gateway_plain_);
  older.successor_ = this;
  older.run();
  run();
}

bool Conversation::ask_why(const std::string& to) {
  const bool asked = client_ && client_->ask_why(to, 7, client_plain_);
  run();
  return asked;
}

/// Moves the sender's outbox over, as far as the wire lets it; true when something moved or the wire just broke.
bool Conversation::carry(Engine& from, Wire& wire, Engine& to) {
  if (is_laptop_frozen && &to == tls_.client.get()) {
    from.outbox().clear();
    return false;
  }
  ByteBuffer sent;
  sent.swap(from.outbox());
  const std::size_t size = std::min(sent.size(), wire.allowance);
  wire.allowance -= size;
  wire.carried += size;
  if (size != 0) {
    to.feed(Bytes{sent}.first(size));
    if (&to == tls_.server.get())
      read_gateway();
    else
      read_client();
  }
  if (size == sent.size() || wire.is_cut) return size != 0;
  wire.is_cut = true;
  if (&to == tls_.server.get()) {
    gateway_lost_ = true;
    if (gateway_) gateway_->end_of_input(gateway_plain_);
  } else {
    client_lost_ = true;
    if (client_) client_->end_of_input();
  }
  return true;
}

void Conversation::answer(const AttestChallenge& challenge) {
  if (!attester) return;
  const auto channel = channel_of(*tls_.client);
  auto answer = attester(channel, challenge);
  if (answer && typed_)
    answer = honest_answer(channel, challenge, with_proof(answer->body, *std::exchange(typed_, {})));
  if (answer) client_->attest(*answer, client_plain_);
  seal_client();
}

void Conversation::answer(const AuthorityAnnouncement& said) {
  if (!authority_keeper || !said.asks_for_answer()) return;
  if (const auto report = authority_keeper(said, tls_.client->peer().certificate)) {
    client_->report_authorities(*report, client_plain_);
  }
  seal_client();
}

bool Conversation::step_client() {
  if (!client_lost_ && !client_ && tls_.client->handshake().value_or(false)) {
    client_.emplace(ClientSessionOptions{.authority = "vpn.example.com", .extensions = client_extensions_}, now_);
    client_->start(client_plain_);
  }
  seal_client();
  while (client_) {
    auto event = client_->poll_event();
    if (!event) break;
    if (const auto* challenge = std::get_if<AttestChallenge>(&*event)) answer(*challenge);
    if (const auto* said = std::get_if<AuthorityAnnouncement>(&*event)) answer(*said);
    client_events.push_back(std::move(*event));
  }
  return !tls_.client->outbox().empty();
}

/// As a worker does: random octets come from outside of the session.
void Conversation::challenge() {
  if (!gateway_ || !gateway_->wants_challenge(now_)) return;
  AttestNonce nonce{};
  nonce[0] = static_cast<std::byte>(++challenges_);
  gateway_->challenge(nonce, now_, gateway_plain_);
}

bool Conversation::step_gateway() {
  challenge();
  seal_gateway();
  while (gateway_) {
    auto event = gateway_->poll_event();
    if (!event) break;
    if (const auto* offered = std::get_if<Session::ProofOffered>(&*event)) {
      if (const auto outcome = judge(*offered)) gateway_->settle_proof(*outcome, now_, gateway_plain_);
    }
    gateway_events.push_back(std::move(*event));
  }
  seal_gateway();
  return !tls_.server->outbox().empty();
}

void Conversation::read_client() {
  if (!tls_.client->handshake().value_or(false)) return;
  (void)step_client();
  std::array<std::byte, 16384> plain{};
  while (true) {
    const auto size = tls_.client->read(plain);
    if (!size || *size == 0) return;
    client_->receive(Bytes{plain}.first(*size));
    while (true) {
      const auto packet = client_->next_packet(client_plain_);
      if (!packet || !*packet) break;
      keep(at_laptop, **packet);
    }
  }
}

void Conversation::read_gateway() {
  if (!tls_.server->handshake().value_or(false)) return;
  if (!gateway_) {
    auto grant = grant_for(tls_.server->peer(), channel_of(*tls_.server));
    grant.user_proved = proof_on_record;
    grant.id = number;
    gateway_.emplace(std::move(grant), policy_, now_);
    if (is_held) gateway_->hold();
    gateway_->announce(announcement, gateway_plain_);
  }
  std::array<std::byte, 16384> plain{};
  while (true) {
    const auto size = tls_.server->read(plain);
    if (!size || *size == 0) return;
    gateway_->receive(Bytes{plain}.first(*size));
    while (const auto packet = gateway_->next_packet(now_, gateway_plain_)) {
      keep(at_office, *packet);
    }
    if (successor_ == nullptr) continue;
    while (const auto packet = gateway_->next_late_packet(successor_->gateway(), now_, successor_->gateway_plain_)) {
      keep(successor_->at_office, *packet);
    }
  }
}

void Conversation::seal_client() {
  if (client_plain_.empty()) return;
  (void)tls_.client->write(client_plain_);
  client_plain_.clear();
}

void Conversation::seal_gateway() {
  if (gateway_plain_.empty()) return;
  (void)tls_.server->write(gateway_plain_);
  gateway_plain_.clear();
}

}  // namespace sallyport
