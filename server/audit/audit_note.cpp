#include "server/audit/audit_note.hpp"

#include "server/audit/audit_event.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace sallyport {
namespace {

constexpr std::array<std::pair<const char*, std::string AuditRecord::*>, 6> kMembers{{
    {"event", &AuditRecord::event},
    {"user", &AuditRecord::user},
    {"device", &AuditRecord::device},
    {"serial", &AuditRecord::serial},
    {"reason", &AuditRecord::reason},
    {"reference", &AuditRecord::reference},
}};

}  // namespace

nlohmann::json note_of(const AuditRecord& record) {
  nlohmann::json note = nlohmann::json::object();
  for (const auto& [name, member] : kMembers) {
    if (!(record.*member).empty()) note[name] = record.*member;
  }
  return note;
}

std::optional<AuditRecord> noted_record(const nlohmann::json& note) {
  if (!note.is_object()) return std::nullopt;
  AuditRecord record;
  for (const auto& [name, member] : kMembers) {
    const auto found = note.find(name);
    if (found == note.end()) continue;
    if (!found->is_string()) return std::nullopt;
    record.*member = found->get<std::string>();
  }
  const auto* kind = find_audit_event(record.event);
  if (kind == nullptr || !kind->is_noted_by_tool) return std::nullopt;
  return record;
}

}  // namespace sallyport
