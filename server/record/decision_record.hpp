#pragma once

#include "common/base/ids.hpp"
#include "common/base/result.hpp"
#include "server/policy/rule_reference.hpp"
#include "server/session/decision_event.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// One decision as it is written down and read again: with all the evidence that was used, so that it can be judged
/// anew without the gateway.
struct DecisionRecord {
  DecisionKind kind = DecisionKind::Refused;
  WallTime time{};
  SessionId session{};
  Evidence evidence;
  Destination destination;
  std::uint16_t client_port = 0;
  Verdict verdict = Verdict::Deny;
  std::string reason;  ///< name_of(DecisionReason)
  std::optional<RuleReference> rule;
  std::optional<RuleReference> shadow;
  WallTime valid_until = kNever;
  std::string code;
  std::string policy;  ///< hash
  std::string end;     ///< name_of(FlowEnd); only of Ended
  WallTime since{};    ///< only of Ended
  FlowTraffic traffic;
};

[[nodiscard]] DecisionRecord record_of(SessionId session, const DecisionEvent& event);

/// {"v":1, "event":"opened"|"refused"|"ended", "time", "user", "device", "from", "session", "to", "client_port",
///  "verdict", "reason", "rule":{"kind","name","file","line"}|null, "shadow":likewise|absent,
///  "valid_until":RFC 3339|null, "code", "policy", "evidence":{...}}; of the end of a flow also "end", "since",
///  "bytes_in" ...
[[nodiscard]] nlohmann::json to_json(const DecisionRecord& record);

/// What to_json() made. The error is words for a person.
[[nodiscard]] Result<DecisionRecord, std::string> parse_decision_record(std::string_view line);

}  // namespace sallyport
