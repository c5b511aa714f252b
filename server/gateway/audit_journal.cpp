#include "server/gateway/audit_journal.hpp"

#include "server/gateway/audit_evidence.hpp"

#include <utility>

namespace sallyport {

void name_peer(AuditRecord& audit, const PeerIdentity& peer) {
  audit.device = peer.device.text();
  audit.user = peer.user.text();
  audit.serial = peer.serial_hex;
}

bool AuditJournal::record(AuditRecord record) {
  if (record.policy.empty()) record.policy = snapshot_.policy.policy->hash();
  return audit_.write(std::move(record), clock_.now());
}

AuditRecord AuditJournal::record_of(const char* event, const SessionGrant& grant) const {
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
  const auto* entry = registry_.find(grant.id);
  record.evidence = ages_of(entry == nullptr ? evidence_of(grant) : entry->evidence, clock_.now().wall);
  return record;
}

bool AuditJournal::note_device(const DeviceId& device, const std::string& event, const std::string& by) {
  const auto known = store_.device(device);
  AuditRecord audit;
  audit.event = event;
  audit.device = device.text();
  if (known && *known) audit.user = (*known)->user.text();
  if (known && *known) audit.serial = (*known)->serial;
  audit.by = by;
  return record(std::move(audit));
}

bool AuditJournal::note_user(const UserId& user, const std::string& event, const std::string& by,
                             const std::string& reason) {
  AuditRecord audit;
  audit.event = event;
  audit.user = user.text();
  audit.reason = reason;
  audit.by = by;
  log_.event(Level::Notice, event, "what a person may do at all was changed", {{"user", user.text()}, {"by", by}});
  return record(std::move(audit));
}

bool AuditJournal::may_tell(const AuditRecord& audit, const Ration& ration) {
  return rations_.take({audit.event, {}, audit.device}, ration, audit, clock_.now());
}

bool AuditJournal::may_tell_refusal(const AuditRecord& audit, const DeviceId& device) {
  const auto known = device.empty() ? Store::Outcome<std::optional<DeviceRecord>>{std::nullopt} : store_.device(device);
  const bool is_known = known && *known;
  return rations_.take({audit.event, audit.reason, is_known ? device.text() : std::string{}},
                       is_known ? kDeviceRefusalRation : stranger_ration(snapshot_.config.audit_settings), audit,
                       clock_.now());
}

void AuditJournal::leave_out(const AuditRecord& audit, const Ration& ration) {
  rations_.leave_out({audit.event, {}, audit.device}, ration, audit, clock_.now());
}

void AuditJournal::leave_out_refusals(const AuditRecord& audit, std::uint64_t count) {
  rations_.leave_out({audit.event, audit.reason}, stranger_ration(snapshot_.config.audit_settings), audit, clock_.now(),
                     count);
}

/// False: it is not written.
bool AuditJournal::tell_left_out(const AuditRecord& summary) {
  (void)record(summary);
  // Not by the answer of record(), which may be yes whatever happened: [audit] on_full.
  if (audit_.is_failing()) return false;
  log_.event(Level::Warning, "records.left_out", "more was refused or opened than is recorded one by one",
             {{"left_out", summary.texts.front().second},
              {"reason", summary.reason},
              {"device", summary.device},
              {"count", summary.counts.front().second}});
  return true;
}

void AuditJournal::tell_left_out(bool is_last) {
  if (audit_.is_failing()) return;
  rations_.tell_due(clock_.now(), is_last, [this](const AuditRecord& summary) { return tell_left_out(summary); });
}

}  // namespace sallyport
