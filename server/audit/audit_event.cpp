#include "server/audit/audit_event.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Names = std::vector<std::string_view>;

Names identity_and(const Names& more) {
  Names names{"user", "device", "serial", "session", "source", "address", "policy", "evidence"};
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

/// Of a session that was refused: it has no address.
Names refused_identity_and(const Names& more) {
  auto names = identity_and(more);
  std::erase(names, "address");
  return names;
}

constexpr bool kOnDisk = true;
constexpr bool kByTool = true;

const std::vector<AuditEventKind>& table() {
  static const std::vector<AuditEventKind> kinds{
      {"gateway.start", {"reason", "policy"}, kOnDisk},
      {"gateway.stop", {"reason", "policy"}},
      {"gateway.failed", {"reason", "policy"}, kOnDisk},
      {"gateway.draining", {"by", "reason", "sessions", "seconds"}, kOnDisk},
      {"session.open", identity_and({})},
      {"session.close", identity_and({"reason", "refused", "denials_lost", "decisions_lost", "attested"})},
      {"session.refused", refused_identity_and({"reason", "reference"})},
      {"session.end", identity_and({"by"}), kOnDisk},
      {"session.source_changed", identity_and({"destination", "reason"})},
      {"session.elsewhere", identity_and({"destination", "reason"})},
      {"session.flapping", identity_and({"reason"})},
      {"lease.moved", {"device", "reason"}},
      {"handshake.refused", {"source", "reason", "policy"}},
      {"records.left_out", {"count", "left_out", "from", "until", "policy"}},
      {"attestation.accepted", identity_and({})},
      {"attestation.refused", identity_and({"reason"})},
      {"posture.changed", identity_and({"checks", "self_reported"})},
      {"proof.accepted", identity_and({"reason"})},
      {"proof.refused", identity_and({"reason"})},
      {"flow.allowed", identity_and({"destination", "verdict", "rule"})},
      {"flow.denied", identity_and({"destination", "verdict", "reason", "reference"})},
      {"decisions.lost", {"count", "reason", "policy"}},
      {"denials.lost", {"count", "reason", "policy"}},
      {"device.enrolled", {"user", "device", "serial"}, kOnDisk, kByTool},
      {"device.renewed", {"user", "device", "serial", "source"}, kOnDisk},
      {"enrolment.refused", {"source", "reason"}},
      {"renewal.refused", {"source", "reason"}},
      {"certificate.revoked", {"user", "device", "serial", "reason"}, kOnDisk},
      {"device.recorded", {"user", "device", "by"}, kOnDisk, kByTool},
      {"devices.imported", {"reason", "by"}, kOnDisk, kByTool},
      {"device.disabled", {"user", "device", "by"}, kOnDisk, kByTool},
      {"device.enabled", {"user", "device", "by"}, kOnDisk, kByTool},
      {"device.revoked", {"user", "device", "by"}, kOnDisk, kByTool},
      {"user.disabled", {"user", "by"}, kOnDisk, kByTool},
      {"user.enabled", {"user", "by"}, kOnDisk, kByTool},
      {"token.created", {"user", "reference", "by"}, kOnDisk, kByTool},
      {"token.revoked", {"user", "reference", "by"}, kOnDisk, kByTool},
      {"proof.enrolled", {"user", "by"}, kOnDisk, kByTool},
      {"proof.replaced", {"user", "by"}, kOnDisk, kByTool},
      {"proof.reset", {"user", "by"}, kOnDisk, kByTool},
      {"authority.created", {"reason", "serial", "by"}, kOnDisk, kByTool},
      {"authority.rotate", {"reason", "by"}, kOnDisk, kByTool},
      {"authority.rotation", {"reason"}, kOnDisk},
      {"authority.held", identity_and({})},
      {"authority.refused", identity_and({"reason"})},
      {"gateway_certificate.issued", {"reason", "serial", "by"}, kOnDisk, kByTool},
      {"crl.issued", {"reason", "by"}, kOnDisk, kByTool},
      {"config.reload", {"by", "ended"}, kOnDisk},
      {"reload.refused", {"by", "reason"}, kOnDisk},
      {"trust.reload", {"by", "ended"}, kOnDisk},
      {"drill.begun", {"user", "device", "serial", "by"}, kOnDisk},
      {"drill.ended", {"device"}},
      {"clock.behind", {"reason"}},
      {"clock.right", {"reason"}},
      {"clock.accepted", {"reason", "by"}, kOnDisk},
      {"policy.start", {"version", "by", "policy"}, kOnDisk},
      {"policy.reload", {"version", "by", "policy"}, kOnDisk},
      {"policy.apply", {"version", "by", "policy"}, kOnDisk},
      {"policy.rollback", {"version", "by", "policy"}, kOnDisk},
      {"policy.confirm", {"version", "by", "policy"}, kOnDisk},
      {"policy.revert", {"version", "by", "policy"}, kOnDisk},
      {"policy.refused", {"reason", "policy"}},
      {"audit.head", {"key", "signature"}},
      {"audit.repaired", {"reason"}},
      {"audit.damaged", {"reason"}},
      {"audit.truncated", {"reason"}},
      {"audit.unsigned", {"reason"}},
      {"audit.set_aside", {"reason"}},
      {"audit.key_made", {"reason"}},
      {"audit.moved", {"reason"}},
      {"audit.restored", {"reason"}},
      {"audit.dropped", {"first", "last", "reason"}},
      {"audit.failing", {"reason"}},
      {"audit.recovered", {"lost", "seconds", "reason"}},
      {"audit.taken_back", {"record", "reason"}},
  };
  return kinds;
}

}  // namespace

std::span<const AuditEventKind> audit_event_kinds() { return table(); }

const AuditEventKind* find_audit_event(std::string_view name) {
  const auto& kinds = table();
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const auto& kind) { return kind.name == name; });
  return found == kinds.end() ? nullptr : &*found;
}

std::string problem_of_record(const nlohmann::json& record) {
  const auto event = record.is_object() ? record.find("event") : record.end();
  if (!record.is_object() || event == record.end() || !event->is_string()) return "is no record";
  const auto name = event->get<std::string>();
  const auto* kind = find_audit_event(name);
  if (kind == nullptr) return name + " is no event that is known";
  for (const char* always : {"seq", "prev", "time"}) {
    if (!record.contains(always)) return name + " has no " + always;
  }
  for (const auto& member : kind->carries) {
    if (!record.contains(std::string{member})) return name + " has no " + std::string{member};
  }
  return {};
}

}  // namespace sallyport
