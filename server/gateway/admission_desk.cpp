#include "server/gateway/admission_desk.hpp"

#include "common/pki/random.hpp"
#include "common/pki/succession.hpp"
#include "server/enrolment/drill_identity.hpp"
#include "server/gateway/session_rules.hpp"
#include "server/session/reference_code.hpp"

#include <algorithm>
#include <memory>

namespace sallyport {
namespace {

/// Session numbers taken at a time: more than are used in an hour of handshakes, so the store is seldom written.
constexpr std::uint64_t kSessionNumbers = 65536;

/// Null when the key is on no curve or TLS gives no channel value: then nothing this session says counts as proof.
std::shared_ptr<const ChannelBinding> binding_of(const Engine& engine) {
  ChannelBinding binding{engine.peer().certificate.key, {}};
  if (!binding.key.is_sound()) return nullptr;
  if (!engine.export_keying_material(kAttestExporterLabel, {}, binding.channel)) return nullptr;
  return std::make_shared<const ChannelBinding>(std::move(binding));
}

}  // namespace

AdmissionDesk::AdmissionDesk(const ControlBooks& books, const Parts& parts, GiveBack give_back)
    : snapshot_{books.snapshot},
      clock_{books.clock},
      store_{books.store},
      registry_{books.registry},
      journal_{books.journal},
      store_alarm_{books.store_alarm},
      log_{books.log},
      leases_{parts.leases},
      devices_{parts.devices},
      drills_{parts.drills},
      sessions_{parts.sessions},
      orders_{parts.orders},
      shelf_{parts.shelf},
      counts_{parts.counts},
      tally_{parts.tally},
      give_back_{std::move(give_back)},
      served_{places_of(snapshot_.config.limits), kPlacesOfOne} {}

Result<void, StoreError> AdmissionDesk::reserve_session_numbers() {
  // Above what releases counted that began at the clock.
  const auto clock = static_cast<std::uint64_t>(clock_.now().wall.time_since_epoch().count());
  const auto first = store_.reserve_sessions(clock, kSessionNumbers);
  if (!first) return fail(first.error());
  registry_.give_numbers(*first, kSessionNumbers);
  return {};
}

/// Why this connection is not even looked at.
std::optional<Obstacle> AdmissionDesk::obstacle_to(const VerifiedConnection& connection, CodeKey& code_key) {
  if (is_closed_) return Obstacle::GatewayShutdown;
  if (connection.trust_generation != snapshot_.trust_generation) return Obstacle::TrustChanged;
  if (!registry_.has_numbers()) {
    const auto reserved = reserve_session_numbers();
    if (!reserved) store_alarm_.tell(reserved.error(), clock_.now().wall, "; no device can connect");
    if (!reserved) return Obstacle::StoreUnavailable;
  }
  if (!fill_random(code_key)) return Obstacle::NoRandom;
  return std::nullopt;
}

void AdmissionDesk::turn_away(const VerifiedConnection& connection, Obstacle obstacle) {
  const PeerIdentity& peer = connection.engine->peer();
  AuditRecord audit;
  audit.event = "handshake.refused";
  name_peer(audit, peer);
  audit.source = connection.source.to_string();
  audit.reason = name_of(obstacle);
  tally_.handshakes_refused.count(audit.reason);
  if (journal_.may_tell_refusal(audit, peer.device)) (void)journal_.record(std::move(audit));
}

AdmissionRefusal AdmissionDesk::obstacle_without_room(const PeerIdentity& peer) const {
  const bool is_its_own = registry_.has(peer.device) || served_.is_full_of(peer.device);
  return is_its_own ? AdmissionRefusal::NoRoomToMove : AdmissionRefusal::TooManySessions;
}

void AdmissionDesk::take(VerifiedConnection& connection) {
  CodeKey code_key{};
  if (const auto obstacle = obstacle_to(connection, code_key)) return turn_away(connection, *obstacle);
  SessionGrant draft = draft_of(connection, code_key);
  Opening opening;
  auto admitted = admit(connection, draft, opening);
  // Whatever stands in its way beside that is no fault of its, nor of those who come from the same place.
  if (opening.has_asked) give_back_(connection.source, connection.counted_as);
  if (!admitted) return refuse(connection, std::move(draft), admitted.error());
  const PeerIdentity& peer = connection.engine->peer();
  devices_.note_certificate(peer);
  register_session(peer, *admitted, opening.is_told);
  carry(connection, std::move(*admitted));
}

/// What the connection itself says, and the drill; the rest is on record.
SessionGrant AdmissionDesk::draft_of(const VerifiedConnection& connection, const CodeKey& code_key) {
  const PeerIdentity& peer = connection.engine->peer();
  const Now now = clock_.now();
  SessionGrant draft{.id = registry_.next_id(),
                     .device = peer.device,
                     .user = peer.user,
                     .serial = peer.serial_hex,
                     .authority = peer.authority,
                     .issuer = peer.issuer,
                     .certificate_expires = std::min(peer.not_after, peer.issuer_ends),
                     .clock_behind = clock_.behind(now),
                     .key_proved = now.wall,
                     .revocation_as_of = snapshot_.trust.bundle->revocation_as_of(peer.issuer),
                     .source = connection.source,
                     .addresses = {},
                     .binding = binding_of(*connection.engine),
                     .code_key = code_key,
                     .budgets = budgets_.of(peer.device, now.steady)};
  draft.own_policy = drills_.policy_for(peer.device);
  return draft;
}

Result<SessionGrant, AdmissionRefusal> AdmissionDesk::admit(VerifiedConnection& connection, const SessionGrant& draft,
                                                            Opening& opening) {
  const PeerIdentity& peer = connection.engine->peer();
  const WallTime now = clock_.latest();
  const OpeningBooks books{store_, registry_, *snapshot_.trust.bundle, snapshot_.config, leases_.may_lose_lease(draft)};
  const auto records = opening_records(opening);
  connection.place = served_.enter(peer.device);
  if (connection.place) return open_session(draft, peer, books, records, now);
  return fail(refusal_without_room(obstacle_without_room(peer), peer, books, records, now));
}

std::string AdmissionDesk::issuer_of(const PeerIdentity& peer) const {
  const auto* authority = snapshot_.trust.bundle->issuer_of(peer.certificate);
  return authority == nullptr ? std::string{} : fingerprint_of(authority->der);
}

void AdmissionDesk::register_session(const PeerIdentity& peer, const SessionGrant& grant, bool is_told) {
  const Now now = clock_.now();
  ++counts_.opened;
  registry_.add({.grant = grant,
                 .evidence = evidence_of(grant),
                 .trust_generation = snapshot_.trust_generation,
                 .since = now.steady,
                 .since_wall = now.wall,
                 .issuer = issuer_of(peer),
                 .is_told = is_told});
}

/// Hands an admitted session to the worker that carries it, with its rights compiled.
void AdmissionDesk::carry(VerifiedConnection& connection, SessionGrant&& grant) {
  const SessionId id = grant.id;
  const WallTime now = clock_.now().wall;
  connection.paces_by_need = paces_by_need_;
  command::Adopt adopt{.connection = std::move(connection), .grant = std::move(grant), .refusal = {}};
  const Policy& policy = adopt.grant.own_policy ? *adopt.grant.own_policy : *snapshot_.policy.policy;
  adopt.ready = policy.rights_for(evidence_of(adopt.grant), now);
  (void)adopt.ready->routes(now);
  if (!adopt.grant.own_policy) shelf_.keep(adopt.ready->table());
  if (orders_.adopt(std::move(adopt))) return;
  sessions_.take(report::Ended{.session = id, .reason = EndReason::TransportFailed, .traffic = {}});
}

/// A worker tells the laptop why.
void AdmissionDesk::refuse(VerifiedConnection& connection, SessionGrant&& draft, AdmissionRefusal refusal) {
  auto problem = problem_for(refusal);
  problem.code = reference_code(draft.code_key, draft.id, 0);
  if (!note_refusal(connection, draft, refusal, problem.code)) return;
  connection.paces_by_need = paces_by_need_;
  (void)orders_.adopt({.connection = std::move(connection), .grant = std::move(draft), .refusal = std::move(problem)});
}

/// False: so many are being told of their refusals that this one is closed without words.
bool AdmissionDesk::note_refusal(VerifiedConnection& connection, const SessionGrant& grant, AdmissionRefusal refusal,
                                 const std::string& code) {
  connection.place = refused_.enter(grant.device);
  ++counts_.refused[static_cast<std::size_t>(refusal)];
  if (refusal == AdmissionRefusal::SourceChanged) ++counts_.source_changed;
  AuditRecord audit = journal_.record_of("session.refused", grant);
  audit.reason = name_of(refusal);
  audit.reference = code;
  if (journal_.may_tell_refusal(audit, grant.device)) {
    (void)journal_.record(std::move(audit));
    log_.event(Level::Notice, "session.refused", problem_for(refusal).detail,
               {{"device", grant.device.text()}, {"user", grant.user.text()}, {"reason", name_of(refusal)}});
  }
  return connection.place != nullptr;
}

/// What only the gateway as a whole knows.
std::optional<AdmissionRefusal> AdmissionDesk::obstacle_to(const PeerIdentity& peer) {
  if (!journal_.has_room_for(registry_.size() + 1)) return AdmissionRefusal::AuditUnavailable;
  if (is_drill(peer.user) != drills_.is_of(peer.device)) return AdmissionRefusal::NoDrill;
  return devices_.record_at_first_sight(peer);
}

OpeningRecords AdmissionDesk::opening_records(Opening& opening) {
  return {.obstacle = [this](const PeerIdentity& peer) { return obstacle_to(peer); },
          .asked =
              [this, &opening](const PeerIdentity& peer) {
                const TimePoint now = clock_.now().steady;
                const bool may_ask = budgets_.of(peer.device, now)->admissions.take(now);
                opening.has_asked = may_ask;
                return may_ask;
              },
          .leased = [this](const PeerIdentity& peer, const Lease& lease) { leases_.note_leased(peer, lease); },
          .placed = [this](const SessionGrant& grant) { return note_source(grant); },
          .opened =
              [this, &opening](const SessionGrant& grant) {
                auto audit = journal_.record_of("session.open", grant);
                const bool told = journal_.may_tell(audit, kSessionRation);
                opening.is_told = told;
                return !told || journal_.record(std::move(audit));
              },
          .makes_room = [this](const SessionGrant& grant,
                               const std::vector<SessionId>& sessions) { make_room(grant, sessions); },
          .replaced = [](const SessionGrant&, const std::string&) {},  // known once it carries
          .unread =
              [this](const SessionGrant& grant, const StoreError& error) {
                log_.event(Level::Error, "store.failed", to_string(error), {{"device", grant.device.text()}});
              }};
}

/// False: what was proved at this device cannot be taken back as it must.
bool AdmissionDesk::note_source(const SessionGrant& grant) {
  const auto rule = snapshot_.config.sessions.source_change;
  if (rule == SourceChange::Allow) return true;
  const auto tell = [&](const char* event, const SessionGrant& other, const std::string& reason) {
    AuditRecord audit = journal_.record_of(event, grant);
    audit.reason = reason;
    audit.destination = other.source.to_string();
    if (journal_.may_tell(audit, kDeviceRefusalRation)) (void)journal_.record(std::move(audit));
  };
  const auto* carrier = registry_.carrier(grant.device);
  if (carrier != nullptr && !is_same_place(carrier->grant.source, grant.source)) {
    ++counts_.source_changed;
    tell("session.source_changed", carrier->grant, std::string{name_of(rule)});
    if (rule == SourceChange::Prove && !store_.forget_proofs(grant.device)) return false;
  }
  if (carrier != nullptr) return true;
  registry_.for_each_of(grant.user, [&](const SessionRegistry::Entry& entry) {
    const bool is_other = entry.grant.device != grant.device && entry.started;
    if (is_other && !is_same_place(entry.grant.source, grant.source))
      tell("session.elsewhere", entry.grant, "connected from there with " + entry.grant.device.text());
  });
  return true;
}

void AdmissionDesk::make_room(const SessionGrant& grant, const std::vector<SessionId>& sessions) {
  if (sessions.empty()) return;
  log_.event(Level::Notice, "session.room", "the oldest session of a person makes room for another device",
             {{"user", grant.user.text()}, {"device", grant.device.text()}});
  orders_.end_sessions(sessions, EndReason::TooManyDevices, [](std::size_t) {});
}

}  // namespace sallyport
