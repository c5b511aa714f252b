#include "common/pki/random.hpp"
#include "server/gateway/admission.hpp"
#include "server/gateway/gateway.hpp"
#include "server/session/reference_code.hpp"

#include <utility>

namespace sallyport {
namespace {

/// Audit records and log lines of refused handshakes in one second; a flood is then one line with a count.
constexpr std::uint32_t kRefusalsPerSecond = 50;

/// Null when the key is on no curve or TLS gives no channel value: then nothing this session says counts as proof.
std::shared_ptr<const ChannelBinding> binding_of(const Engine& engine) {
  ChannelBinding binding{engine.peer().certificate.key, {}};
  if (!binding.key.is_sound()) return nullptr;
  if (!engine.export_keying_material(kAttestExporterLabel, {}, binding.channel)) return nullptr;
  return std::make_shared<const ChannelBinding>(std::move(binding));
}

}  // namespace

bool Gateway::record(AuditRecord record) {
  const WallTime now = loop_.now().wall;
  if (record.time == WallTime{}) record.time = now;
  const auto written = audit_->append(record);
  // A full disk must not fill the journal too.
  if (!written && audit_complaint_.is_due(now)) {
    log_.event(Level::Error, "audit.failed", to_string(written.error()),
               {{"lost", record.event}, {"count", audit_complaint_.take_count()}});
  }
  return written.has_value();
}

AuditRecord Gateway::record_of(const char* event, const SessionGrant& grant) {
  AuditRecord record;
  record.event = event;
  record.user = grant.user.text();
  record.device = grant.device.text();
  record.serial = grant.serial;
  record.session = grant.id;
  record.source = grant.source.to_string();
  record.policy = snapshot_.policy.policy->hash();
  if (grant.addresses.v4)
    record.address = grant.addresses.v4->to_string();
  else if (grant.addresses.v6)
    record.address = grant.addresses.v6->to_string();
  return record;
}

/// One budget for all refusals before a session: a flood becomes one record with a count.
bool Gateway::may_record_refusal() {
  const WallTime now = loop_.now().wall;
  if (now != refusal_second_) {
    if (refusals_this_second_ > kRefusalsPerSecond) {
      const auto unrecorded = refusals_this_second_ - kRefusalsPerSecond;
      log_.event(Level::Warning, "handshake.flood", "more connections were refused than are recorded one by one",
                 {{"unrecorded", unrecorded}});
      AuditRecord flood;
      flood.event = "handshake.flood";
      flood.reason = std::to_string(unrecorded) + " more refusals in one second";
      (void)record(std::move(flood));
    }
    refusal_second_ = now;
    refusals_this_second_ = 0;
  }
  return ++refusals_this_second_ <= kRefusalsPerSecond;
}

void Gateway::take(RefusedHandshake& refused) {
  if (!may_record_refusal()) return;
  const std::string reason = refused.detail.empty() ? std::string{name_of(refused.refusal)} : refused.detail;
  AuditRecord audit;
  audit.event = "handshake.refused";
  audit.source = refused.source.to_string();
  audit.reason = reason;
  (void)record(std::move(audit));
  log_.event(Level::Notice, "handshake.refused", refused.words, {{"reason", reason}});
}

/// Why this connection is not even looked at; null: nothing stands against it.
const char* Gateway::obstacle_to(const VerifiedConnection& connection, CodeKey& code_key) {
  if (is_stopping_) return "gateway_shutdown";
  // Verified against trust that is no longer ours: the client comes back and is checked against the new.
  if (connection.trust_generation != trust_generation_) return "trust_changed";
  if (!registry_.has_numbers()) {
    const auto reserved = reserve_session_numbers();
    if (!reserved && store_complaint_.is_due(loop_.now().wall)) {
      log_.event(Level::Error, "store.failed", to_string(reserved.error()) + "; no device can connect",
                 {{"count", store_complaint_.take_count()}});
    }
    if (!reserved) return "store_unavailable";
  }
  return fill_random(code_key) ? nullptr : "no_random";
}

void Gateway::turn_away(const VerifiedConnection& connection, const char* obstacle) {
  const PeerIdentity& peer = connection.engine->peer();
  AuditRecord audit;
  audit.event = "handshake.refused";
  audit.device = peer.device.text();
  audit.serial = peer.serial_hex;
  audit.source = connection.source.to_string();
  audit.reason = obstacle;
  if (may_record_refusal()) (void)record(std::move(audit));
}

void Gateway::take(VerifiedConnection& connection) {
  awaiting_admission_.fetch_sub(1);
  const PeerIdentity& peer = connection.engine->peer();
  const Now now = loop_.now();
  CodeKey code_key{};
  if (const char* obstacle = obstacle_to(connection, code_key)) return turn_away(connection, obstacle);
  SessionGrant grant{.id = registry_.next_id(),
                     .device = peer.device,
                     .user = peer.user,
                     .serial = peer.serial_hex,
                     .certificate_expires = peer.not_after,
                     .key_proved = now.wall,
                     .revocation_as_of = snapshot_.trust.bundle->revocation_as_of(),
                     .source = connection.source,
                     .addresses = {},
                     .binding = binding_of(*connection.engine),
                     .code_key = code_key,
                     .budgets = budgets_.of(peer.device, now.steady)};
  const auto refusal = open_session(connection, grant);
  if (refusal) ++session_counts_.refused[static_cast<std::size_t>(*refusal)];
  const std::string code = refusal ? reference_code(grant.code_key, grant.id, 0) : std::string{};
  if (refusal && may_record_refusal()) {
    AuditRecord audit = record_of("session.refused", grant);
    audit.reason = name_of(*refusal);
    audit.reference = code;
    (void)record(std::move(audit));
    log_.event(Level::Notice, "session.refused", problem_for(*refusal).detail,
               {{"device", grant.device.text()}, {"user", grant.user.text()}, {"reason", name_of(*refusal)}});
  }
  const SessionId id = grant.id;
  if (!refusal) {
    registry_.add({.grant = grant,
                   .evidence = evidence_of(grant),
                   .trust_generation = trust_generation_,
                   .since = now.steady,
                   .since_wall = now.wall});
  }
  Worker& worker = *workers_.front();
  command::Adopt adopt{.connection = std::move(connection), .grant = std::move(grant), .refusal = {}};
  if (!refusal) {
    adopt.ready = snapshot_.policy.policy->rights_for(evidence_of(adopt.grant), now.wall);
    (void)adopt.ready->routes(now.wall);
  }
  if (refusal) {
    adopt.refusal = problem_for(*refusal);
    adopt.refusal->code = code;
  }
  if (!worker.post(std::move(adopt)) && !refusal) {
    on_ended({.session = id, .reason = EndReason::TransportFailed, .traffic = {}});
  }
}

std::optional<AdmissionRefusal> Gateway::open_session(const VerifiedConnection& connection, SessionGrant& grant) {
  const PeerIdentity& peer = connection.engine->peer();
  // A device that comes back takes the place of its own older session.
  const bool takes_over = registry_.has(peer.device);
  if (!takes_over && registry_.size() >= snapshot_.config.limits.sessions) return AdmissionRefusal::TooManySessions;
  // The second lock beside the handshake's: a list loaded since then counts at once.
  if (snapshot_.trust.bundle->is_revoked(peer.serial_hex)) return AdmissionRefusal::DeviceRevoked;
  if (const auto fault = fault_of_source(grant)) return fault;
  const auto room = room_for(registry_, peer.user, peer.device, snapshot_.config.sessions);
  if (room.is_refused) return AdmissionRefusal::TooManyDevices;
  const auto addresses = lease_for(peer);
  if (!addresses) return addresses.error();
  SessionGrant granted = grant;
  granted.addresses = *addresses;
  if (!note_source(granted)) return AdmissionRefusal::StoreUnavailable;
  granted.user_proved = proof_on_record(grant);
  if (!record(record_of("session.open", granted))) return AdmissionRefusal::AuditUnavailable;
  make_room(granted, room.ends);
  grant = std::move(granted);
  return std::nullopt;
}

void Gateway::take(WorkerReport& report) {
  if (is_client_made(report)) client_reports_.fetch_sub(1);
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
    on_flows(*flows);
  else if (const auto* cut = std::get_if<report::RoutesCut>(&report))
    log_.event(Level::Warning, "routes.cut", "policy reaches more address ranges than a client can be told; join some",
               {{"session", static_cast<std::uint64_t>(cut->session)}, {"left_off", cut->left_off}});
  else if (auto* renewed = std::get_if<report::EvidenceRenewed>(&report))
    on_renewed(*renewed);
  else if (const auto* changed = std::get_if<report::PostureChanged>(&report))
    on_posture_changed(*changed);
  else if (const auto* refused = std::get_if<report::AttestRefused>(&report))
    on_attest_refused(*refused);
  else if (const auto* offered = std::get_if<report::ProofOffered>(&report))
    on_proof_offered(*offered);
  else if (const auto* done = std::get_if<report::Done>(&report))
    tickets_.done(done->ticket);
  else if (auto* listing = std::get_if<report::Listing>(&report)) {
    auto& gathered = listings_[listing->ticket];
    gathered.drops += listing->drops;
    for (auto& view : listing->sessions) gathered.sessions.push_back(std::move(view));
    tickets_.done(listing->ticket);
  } else if (auto* measured = std::get_if<report::Measured>(&report)) {
    impacts_[measured->ticket].add(std::move(measured->impact));
    tickets_.done(measured->ticket);
  }
}

void Gateway::on_started(const report::Started& started) {
  auto* entry = registry_.find(started.session);
  if (entry == nullptr) return;
  entry->started = true;
  if (!settle_renewal(entry->grant)) {
    log_.event(Level::Error, "store.failed", "the certificate of before stays good until its end can be recorded",
               {{"device", entry->grant.device.text()}});
  }
  log_.event(Level::Info, "session.open", "a device is connected",
             {{"session", static_cast<std::uint64_t>(started.session)},
              {"device", entry->grant.device.text()},
              {"user", entry->grant.user.text()}});
}

void Gateway::on_ended(const report::Ended& ended) {
  const auto* entry = registry_.find(ended.session);
  if (entry == nullptr) return;
  AuditRecord audit = record_of("session.close", entry->grant);
  audit.reason = name_of(ended.reason);
  audit.counts = {
      {"refused", ended.refused}, {"denials_lost", ended.losses.denials}, {"decisions_lost", ended.losses.decisions}};
  (void)record(std::move(audit));
  ++session_counts_.ended[static_cast<std::size_t>(ended.reason)];
  if (ended.reason == EndReason::Superseded) note_take_over(*entry, ended);
  log_.event(Level::Info, "session.close", words_for(ended.reason),
             {{"session", static_cast<std::uint64_t>(ended.session)},
              {"device", entry->grant.device.text()},
              {"user", entry->grant.user.text()},
              {"reason", name_of(ended.reason)},
              {"bytes_in", ended.traffic.bytes_in},
              {"bytes_out", ended.traffic.bytes_out}});
  registry_.remove(ended.session);
}

void Gateway::on_renewed(report::EvidenceRenewed& renewed) {
  if (auto* entry = registry_.find(renewed.session)) entry->evidence = std::move(renewed.evidence);
}

void Gateway::on_posture_changed(const report::PostureChanged& changed) {
  const auto* entry = registry_.find(changed.session);
  if (entry == nullptr) return;
  AuditRecord audit = record_of("posture.changed", entry->grant);
  std::string words;
  for (const auto& [check, state] : changed.change.checks) {
    audit.checks.emplace(check, name_of(state));
    words.append(words.empty() ? "" : ", ").append(check).append(": ").append(name_of(state));
  }
  audit.self_reported = true;
  (void)record(std::move(audit));
  log_.event(Level::Info, "posture.changed", "what a device reports of itself turned posture checks",
             {{"device", entry->grant.device.text()}, {"checks", words}});
}

void Gateway::on_attest_refused(const report::AttestRefused& refused) {
  const auto* entry = registry_.find(refused.session);
  if (entry == nullptr) return;
  AuditRecord audit = record_of("attestation.refused", entry->grant);
  audit.reason = name_of(refused.refusal);
  (void)record(std::move(audit));
  log_.event(Level::Warning, "attestation.refused", "a device did not prove what it was asked to prove",
             {{"device", entry->grant.device.text()}, {"reason", name_of(refused.refusal)}});
}

void Gateway::on_denied(const report::Denied& denied) {
  const auto* entry = registry_.find(denied.session);
  if (entry == nullptr) return;
  // The policy that judged: a newer one may be in force by now.
  const auto& policy = denied.denial.policy;
  const auto* rule = policy->rule(denied.denial.decision.rule);
  const std::string rule_name = rule == nullptr ? std::string{} : rule->name;
  AuditRecord audit = record_of("flow.denied", entry->grant);
  audit.time = denied.denial.time;
  audit.policy = policy->hash();
  audit.destination = to_string(denied.denial.destination);
  audit.verdict = "deny";
  audit.rule = rule_name;
  audit.reason = name_of(denied.denial.decision.reason);
  audit.reference = denied.denial.code;
  (void)record(std::move(audit));
  log_.event(Level::Debug, "flow.denied", "policy refused a flow",
             {{"device", entry->grant.device.text()},
              {"destination", to_string(denied.denial.destination)},
              {"code", denied.denial.code}});
  remember_policy(policy);
  denials_.add(DenialJournal::entry_of(entry->grant, denied.denial));
}

}  // namespace sallyport
