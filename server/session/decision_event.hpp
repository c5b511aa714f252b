#pragma once

#include "server/flow/flow.hpp"
#include "server/flow/flow_end.hpp"
#include "server/policy/policy.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace sallyport {

enum class DecisionKind : std::uint8_t {
  Opened,   ///< a flow was let in
  Refused,  ///< a flow was not let in, or a question was answered with no
  Ended,    ///< a flow is over
};

/// One decision of a session with all that led to it.
struct DecisionEvent {
  DecisionKind kind = DecisionKind::Refused;
  WallTime time{};
  Destination destination;
  std::uint16_t client_port = 0;  ///< 0 for a refusal, and for protocols without ports
  Decision decision;              ///< Ended: the one that let the flow in, or that ended it
  std::string code;               ///< Refused: what the employee was shown
  bool is_kept = false;           ///< belongs into the decision log; others were only asked for by a trace
  FlowEnd end = FlowEnd::Silent;
  WallTime since{};     ///< Ended: when the flow was let in
  FlowTraffic traffic;  ///< Ended
  std::shared_ptr<const Policy> policy;
  std::shared_ptr<const Evidence> evidence;
};

/// What the owner of a session wants to be told of its decisions.
struct DecisionWatch {
  bool keep = false;   ///< what belongs into the decision log
  bool trace = false;  ///< everything

  [[nodiscard]] bool any() const noexcept { return keep || trace; }
};

}  // namespace sallyport
