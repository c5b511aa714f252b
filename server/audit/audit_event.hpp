#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// One kind of record: docs/audit.md section 3 says when it is written.
struct AuditEventKind {
  std::string_view name;
  std::vector<std::string_view> carries;  ///< members that every such record has
  bool is_on_disk = false;                ///< synced before whoever asked is answered
  bool is_noted_by_tool = false;          ///< sallyportctl may have the gateway record it
};

[[nodiscard]] std::span<const AuditEventKind> audit_event_kinds();
/// Null: there is no such event.
[[nodiscard]] const AuditEventKind* find_audit_event(std::string_view name);

/// What is wrong with a record of the file, as a sentence; empty: it is of a known kind and has all that such a record
/// carries.
[[nodiscard]] std::string problem_of_record(const nlohmann::json& record);

}  // namespace sallyport
