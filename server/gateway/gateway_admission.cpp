#include "common/pki/random.hpp"
#include "server/enrolment/drill_identity.hpp"
#include "server/gateway/admission.hpp"
#include "server/gateway/audit_evidence.hpp"
#include "server/gateway/gateway.hpp"
#include "server/session/reference_code.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

/// Null when the key is on no curve or TLS gives no channel value: then nothing this session says counts as proof.
std::shared_ptr<const ChannelBinding> binding_of(const Engine& engine) {
  ChannelBinding binding{engine.peer().certificate.key, {}};
  if (!binding.key.is_sound()) return nullptr;
  if (!engine.export_keying_material(kAttestExporterLabel, {}, binding.channel)) return nullptr;
  return std::make_shared<const ChannelBinding>(std::move(binding));
}

}  // namespace

/// Why this connection is not even looked at.
std::optional<Obstacle> Gateway::obstacle_to(const VerifiedConnection& connection, CodeKey& code_key) {
  if (is_stopping_) return Obstacle::GatewayShutdown;
  if (connection.trust_generation != trust_generation_) return Obstacle::TrustChanged;
  if (!registry_.has_numbers()) {
    const auto reserved = reserve_session_numbers();
    if (!reserved) store_alarm_.tell(reserved.error(), clock_.now().wall, "; no device can connect");
    if (!reserved) return Obstacle::StoreUnavailable;
  }
  if (!fill_random(code_key)) return Obstacle::NoRandom;
  return std::nullopt;
}

void Gateway::turn_away(const VerifiedConnection& connection, Obstacle obstacle) {
  const PeerIdentity& peer = connection.engine->peer();
  AuditRecord audit;
  audit.event = "handshake.refused";
  audit.device = peer.device.text();
  audit.serial = peer.serial_hex;
  audit.source = connection.source.to_string();
  audit.reason = name_of(obstacle);
  tally_.handshakes_refused.count(audit.reason);
  if (journal_.may_tell_refusal(audit, peer.device)) (void)journal_.record(std::move(audit));
}

AdmissionRefusal Gateway::obstacle_without_room(const PeerIdentity& peer) const {
  const bool is_its_own = registry_.has(peer.device) || served_.is_full_of(peer.device);
  return is_its_own ? AdmissionRefusal::NoRoomToMove : AdmissionRefusal::TooManySessions;
}

void Gateway::take(VerifiedConnection& connection) {
  admissions_.leave();
  CodeKey code_key{};
  if (const auto obstacle = obstacle_to(connection, code_key)) return turn_away(connection, *obstacle);
  SessionGrant draft = draft_of(connection, code_key);
  Opening opening;
  auto admitted = admit(connection, draft, opening);
  // Whatever stands in its way beside that is no fault of its, nor of those who come from the same place.
  if (opening.has_asked) handshakes_->give_back(connection.source, connection.counted_as, clock_.now().steady);
  if (!admitted) return refuse(connection, std::move(draft), admitted.error());
  const PeerIdentity& peer = connection.engine->peer();
  note_certificate(peer);
  register_session(peer, *admitted, opening.is_told);
  carry(connection, std::move(*admitted));
}

/// What the connection itself says, and the drill; the rest is on record.
SessionGrant Gateway::draft_of(const VerifiedConnection& connection, const CodeKey& code_key) {
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
  if (drill_ && drill_->device == peer.device) draft.own_policy = drill_->policy;
  return draft;
}

Result<SessionGrant, AdmissionRefusal> Gateway::admit(VerifiedConnection& connection, const SessionGrant& draft,
                                                      Opening& opening) {
  const PeerIdentity& peer = connection.engine->peer();
  const WallTime now = clock_.latest();
  const OpeningBooks books{store_, registry_, *snapshot_.trust.bundle, snapshot_.config, may_lose_lease(draft)};
  const auto records = opening_records(&opening);
  connection.place = served_.enter(peer.device);
  if (connection.place) return open_session(draft, peer, books, records, now);
  return fail(refusal_without_room(obstacle_without_room(peer), peer, books, records, now));
}

void Gateway::register_session(const PeerIdentity& peer, const SessionGrant& grant, bool is_told) {
  const Now now = clock_.now();
  ++counts_.opened;
  registry_.add({.grant = grant,
                 .evidence = evidence_of(grant),
                 .trust_generation = trust_generation_,
                 .since = now.steady,
                 .since_wall = now.wall,
                 .issuer = issuer_of(peer),
                 .is_told = is_told});
}

/// Hands an admitted session to the worker that carries it, with its rights compiled.
void Gateway::carry(VerifiedConnection& connection, SessionGrant&& grant) {
  const SessionId id = grant.id;
  const WallTime now = clock_.now().wall;
  connection.paces_by_need = paces_by_need_;
  command::Adopt adopt{.connection = std::move(connection), .grant = std::move(grant), .refusal = {}};
  const Policy& policy = adopt.grant.own_policy ? *adopt.grant.own_policy : *snapshot_.policy.policy;
  adopt.ready = policy.rights_for(evidence_of(adopt.grant), now);
  (void)adopt.ready->routes(now);
  if (!adopt.grant.own_policy) shelf_.keep(adopt.ready->table());
  if (orders_.adopt(std::move(adopt))) return;
  on_ended({.session = id, .reason = EndReason::TransportFailed, .traffic = {}});
}

/// A worker tells the laptop why.
void Gateway::refuse(VerifiedConnection& connection, SessionGrant&& draft, AdmissionRefusal refusal) {
  auto problem = problem_for(refusal);
  problem.code = reference_code(draft.code_key, draft.id, 0);
  if (!note_refusal(connection, draft, refusal, problem.code)) return;
  connection.paces_by_need = paces_by_need_;
  (void)orders_.adopt({.connection = std::move(connection), .grant = std::move(draft), .refusal = std::move(problem)});
}

/// False: so many are being told of their refusals that this one is closed without words.
bool Gateway::note_refusal(VerifiedConnection& connection, const SessionGrant& grant, AdmissionRefusal refusal,
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
std::optional<AdmissionRefusal> Gateway::obstacle_to(const PeerIdentity& peer) {
  if (!journal_.has_room_for(registry_.size() + 1)) return AdmissionRefusal::AuditUnavailable;
  const bool is_of_drill = drill_ && drill_->device == peer.device;
  if (is_drill(peer.user) != is_of_drill) return AdmissionRefusal::NoDrill;
  return record_at_first_sight(peer);
}

OpeningRecords Gateway::opening_records(Opening* opening) {
  return {.obstacle = [this](const PeerIdentity& peer) { return obstacle_to(peer); },
          .asked =
              [this, opening](const PeerIdentity& peer) {
                const TimePoint now = clock_.now().steady;
                const bool may_ask = budgets_.of(peer.device, now)->admissions.take(now);
                if (opening != nullptr) opening->has_asked = may_ask;
                return may_ask;
              },
          .leased = [this](const PeerIdentity& peer, const Lease& lease) { note_leased(peer, lease); },
          .placed = [this](const SessionGrant& grant) { return note_source(grant); },
          .opened =
              [this, opening](const SessionGrant& grant) {
                auto audit = journal_.record_of("session.open", grant);
                const bool told = journal_.may_tell(audit, kSessionRation);
                if (opening != nullptr) opening->is_told = told;
                return !told || journal_.record(std::move(audit));
              },
          .makes_room = [this](const SessionGrant& grant,
                               const std::vector<SessionId>& sessions) { make_room(grant, sessions); },
          .replaced = [this](const SessionGrant& grant, const std::string& serial) { note_replaced(grant, serial); },
          .unread =
              [this](const SessionGrant& grant, const StoreError& error) {
                log_.event(Level::Error, "store.failed", to_string(error), {{"device", grant.device.text()}});
              }};
}

void Gateway::note_replaced(const SessionGrant& grant, const std::string& serial) {
  AuditRecord audit;
  audit.event = "certificate.revoked";
  audit.user = grant.user.text();
  audit.device = grant.device.text();
  audit.serial = serial;
  audit.reason = "renewed";
  (void)journal_.record(std::move(audit));
}

void Gateway::take(WorkerReport& report) {
  reports_.leave(report);
  if (const auto* started = std::get_if<report::Started>(&report))
    on_started(*started);
  else if (const auto* ended = std::get_if<report::Ended>(&report))
    on_ended(*ended);
  else if (const auto* denied = std::get_if<report::Denied>(&report))
    on_denied(*denied);
  else if (const auto* decisions = std::get_if<report::Decisions>(&report))
    on_decisions(*decisions);
  else if (const auto* lost = std::get_if<report::Lost>(&report))
    on_lost(*lost);
  else if (auto* flows = std::get_if<report::Flows>(&report))
    orders_.take(*flows);
  else if (const auto* flows_cut = std::get_if<report::FlowsCut>(&report))
    on_flows_cut(*flows_cut);
  else if (const auto* cut = std::get_if<report::RoutesCut>(&report))
    log_.event(Level::Warning, "routes.cut", "policy reaches more address ranges than a client can be told; join some",
               {{"session", static_cast<std::uint64_t>(cut->session)}, {"left_off", cut->left_off}});
  else if (auto* renewed = std::get_if<report::EvidenceRenewed>(&report))
    on_renewed(*renewed);
  else if (const auto* changed = std::get_if<report::PostureChanged>(&report))
    on_posture_changed(*changed);
  else if (auto* held = std::get_if<report::AuthoritiesHeld>(&report))
    on_authorities_held(*held);
  else if (const auto* refused = std::get_if<report::AttestRefused>(&report))
    on_attest_refused(*refused);
  else if (const auto* offered = std::get_if<report::ProofOffered>(&report))
    on_proof_offered(*offered);
  else if (const auto* done = std::get_if<report::Done>(&report))
    orders_.take(*done);
  else if (auto* listing = std::get_if<report::Listing>(&report))
    orders_.take(*listing);
  else if (auto* measured = std::get_if<report::Measured>(&report))
    orders_.take(*measured);
}

void Gateway::on_started(const report::Started& started) {
  auto* entry = registry_.find(started.session);
  if (entry == nullptr) return;
  entry->started = true;
  if (!settle_renewal(entry->grant, store_, opening_records(), clock_.latest())) {
    log_.event(Level::Error, "store.failed", "the certificate of before stays good until its end can be recorded",
               {{"device", entry->grant.device.text()}});
  }
  log_.event(entry->is_told ? Level::Info : Level::Debug, "session.open", "a device is connected",
             {{"session", static_cast<std::uint64_t>(started.session)},
              {"device", entry->grant.device.text()},
              {"user", entry->grant.user.text()}});
}

void Gateway::on_ended(const report::Ended& ended) {
  const auto* entry = registry_.find(ended.session);
  if (entry == nullptr) return;
  ++counts_.ended[static_cast<std::size_t>(ended.reason)];
  if (ended.cut) cuts_.add(*ended.cut);
  AuditRecord audit = journal_.record_of("session.close", entry->grant);
  audit.reason = name_of(ended.reason);
  audit.counts = {{"refused", ended.refused},
                  {"denials_lost", ended.losses.denials},
                  {"decisions_lost", ended.losses.decisions},
                  {"attested", entry->attested}};
  const bool is_told = entry->is_told || is_by_gateway(ended.reason);
  if (is_told)
    (void)journal_.record(std::move(audit));
  else
    journal_.leave_out(audit, kSessionRation);
  if (ended.reason == EndReason::Superseded) note_take_over(*entry, ended);
  log_.event(is_told ? Level::Info : Level::Debug, "session.close", words_for(ended.reason),
             {{"session", static_cast<std::uint64_t>(ended.session)},
              {"device", entry->grant.device.text()},
              {"user", entry->grant.user.text()},
              {"reason", name_of(ended.reason)},
              {"bytes_in", ended.traffic.bytes_in},
              {"bytes_out", ended.traffic.bytes_out}});
  registry_.remove(ended.session);
  orders_.forget(ended.session);
}

void Gateway::on_renewed(report::EvidenceRenewed& renewed) {
  auto* entry = registry_.find(renewed.session);
  if (entry == nullptr) return;
  const bool attested = has_attested(entry->evidence, renewed.evidence);
  entry->evidence = std::move(renewed.evidence);
  if (!entry->evidence.key_proved) entry->is_attested = false;
  if (attested) note_attested(*entry);
}

void Gateway::on_posture_changed(const report::PostureChanged& changed) {
  const auto* entry = registry_.find(changed.session);
  if (entry == nullptr) return;
  AuditRecord audit = journal_.record_of("posture.changed", entry->grant);
  std::string words;
  for (const auto& [check, state] : changed.change.checks) {
    audit.checks.emplace(check, name_of(state));
    words.append(words.empty() ? "" : ", ").append(check).append(": ").append(name_of(state));
  }
  audit.self_reported = true;
  (void)journal_.record(std::move(audit));
  log_.event(Level::Info, "posture.changed", "what a device reports of itself turned posture checks",
             {{"device", entry->grant.device.text()}, {"checks", words}});
}

void Gateway::on_attest_refused(const report::AttestRefused& refused) {
  auto* entry = registry_.find(refused.session);
  if (entry == nullptr) return;
  entry->is_attested = false;
  ++tally_.attestations_refused[static_cast<std::size_t>(refused.refusal)];
  AuditRecord audit = journal_.record_of("attestation.refused", entry->grant);
  audit.reason = name_of(refused.refusal);
  if (!journal_.may_tell_refusal(audit, entry->grant.device)) return;
  (void)journal_.record(std::move(audit));
  log_.event(Level::Warning, "attestation.refused", "a device did not prove what it was asked to prove",
             {{"device", entry->grant.device.text()}, {"reason", name_of(refused.refusal)}});
}

void Gateway::on_denied(const report::Denied& denied) {
  const auto* entry = registry_.find(denied.session);
  if (entry == nullptr) return;
  ++tally_.denied[static_cast<std::size_t>(denied.denial.decision.reason)];
  // The policy that judged: a newer one may be in force by now.
  const auto& policy = denied.denial.policy;
  const auto* rule = policy->rule(denied.denial.decision.rule);
  const std::string rule_name = rule == nullptr ? std::string{} : rule->name;
  AuditRecord audit = journal_.record_of("flow.denied", entry->grant);
  audit.time = denied.denial.time;
  audit.evidence = ages_of(*denied.denial.evidence, denied.denial.time);
  audit.policy = policy->hash();
  audit.destination = to_string(denied.denial.destination);
  audit.verdict = "deny";
  audit.rule = rule_name;
  audit.reason = name_of(denied.denial.decision.reason);
  audit.reference = denied.denial.code;
  (void)journal_.record(std::move(audit));
  log_.event(Level::Debug, "flow.denied", "policy refused a flow",
             {{"device", entry->grant.device.text()},
              {"destination", to_string(denied.denial.destination)},
              {"code", denied.denial.code}});
  remember_policy(policy);
  denials_.add(DenialJournal::entry_of(entry->grant, denied.denial));
}

}  // namespace sallyport
