#pragma once

#include "server/flow/flow.hpp"
#include "server/flow/flow_end.hpp"
#include "server/policy/policy.hpp"
#include "server/policy/rule_reference.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace sallyport {

enum class DecisionKind : std::uint8_t {
  Opened,   ///< a flow was let in
  Refused,  ///< a flow was not let in, or a question was answered with no
  Ended,    ///< a flow is over
};

/// Which rule of which policy let a flow in: the policy itself may be gone by the end of the flow.
struct FlowOrigin {
  std::optional<RuleReference> rule;
  std::string policy;  ///< hash
};

/// One decision of a session with all that led to it.
struct DecisionEvent {
  DecisionKind kind = DecisionKind::Refused;
  WallTime time{};
  Destination destination;
  std::uint16_t client_port = 0;  ///< 0 for a refusal, and for protocols without ports
  Decision decision;              ///< Ended: the one that let the flow in, or that ended it
  std::string code;               ///< Refused: what the employee was shown
  bool is_logged = false;         ///< of a flow whose rule records start and end
  bool is_kept = false;           ///< belongs into the decision log; others were only asked for by a trace
  FlowEnd end = FlowEnd::Silent;
  WallTime since{};                            ///< Ended: when the flow was let in
  FlowTraffic traffic;                         ///< Ended
  std::shared_ptr<const Policy> policy;        ///< that was in force then
  std::shared_ptr<const FlowOrigin> origin{};  ///< Ended: counts instead of `policy` and the rule; may be null
  std::shared_ptr<const Evidence> evidence;
};

/// What the owner of a session wants to be told of its decisions.
struct DecisionWatch {
  bool keep = false;   ///< what belongs into the decision log
  bool trace = false;  ///< everything

  [[nodiscard]] bool any() const noexcept { return keep || trace; }
};

/// What a session did not tell, because it was too much.
struct SessionLosses {
  std::uint64_t decisions = 0;  ///< not recorded
  std::uint64_t denials = 0;    ///< refusals that were neither told nor recorded; unanswered packets are not among them
  std::uint64_t shown = 0;      ///< not shown to a trace
  std::uint64_t unread = 0;     ///< messages of the client that were not read

  [[nodiscard]] bool any() const noexcept { return decisions != 0 || denials != 0 || shown != 0 || unread != 0; }
  SessionLosses& operator+=(const SessionLosses& more) noexcept {
    decisions += more.decisions;
    denials += more.denials;
    shown += more.shown;
    unread += more.unread;
    return *this;
  }
  friend bool operator==(const SessionLosses&, const SessionLosses&) = default;
};

}  // namespace sallyport
