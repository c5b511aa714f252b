#include "server/session/reference_code.hpp"
#include "server/session/session.hpp"

#include <chrono>
#include <utility>

namespace sallyport {

namespace {

/// Ends of flows in one answer of take_decisions().
constexpr std::size_t kEndsAtOnce = 256;

}  // namespace

bool Session::has_decisions() const noexcept {
  return recorder_.has_any() || filter_.has_ended() || (has_ended() && filter_.has_accounted());
}

std::vector<DecisionEvent> Session::take_decisions(Now now) {
  if (has_ended() && !filter_.has_ended()) filter_.end_accounted(FlowEnd::SessionEnded, kEndsAtOnce);
  for (const auto& [flow, end] : filter_.take_ended(kEndsAtOnce)) {
    // The number of a rule means something only to the policy that let the flow in.
    const RuleIndex rule = knows_rule_of(flow) ? flow.rule : kNoRule;
    note_ended(flow, end, Decision{Verdict::Allow, rule, flow.valid_until, DecisionReason::Allowed}, now);
  }
  recorder_.lose(filter_.take_lost());
  return recorder_.take();
}

void Session::note_turn(const Judgement& judgement, Now now) {
  if (judgement.turn == FlowTurn::Ended) note_cut(*judgement.flow, judgement.decision, now);
  if (!recorder_.is_watched()) return;
  if (judgement.turn == FlowTurn::Opened)
    note_opened(judgement, now);
  else
    note_ended(*judgement.flow, FlowEnd::NoLongerAllowed, judgement.decision, now);
}

void Session::note_opened(const Judgement& judgement, Now now) {
  const FlowKey key = judgement.flow->key;
  const RuleIndex rule_index = judgement.flow->rule;
  const auto* rule = policy_->rule(rule_index);
  const bool is_logged = rule != nullptr && rule->log == FlowLog::Flows;
  const bool is_kept = is_logged || recorder_.is_news(key.destination(), judgement.decision, now.wall);
  if (!is_kept && !recorder_.traces()) return;
  DecisionEvent event = event_of(DecisionKind::Opened, key.destination(), judgement.decision, now);
  event.is_kept = is_kept;
  event.is_logged = is_logged;
  event.client_port = key.client_port;
  event.since = now.wall;
  if (!recorder_.add(std::move(event), now.steady)) return;
  if (!is_logged) return recorder_.remember(key.destination(), judgement.decision, now.wall);
  filter_.account(key, now);
  recorder_.origins().remember(key, *policy_, rule_index);
}

void Session::note_ended(const Flow& flow, FlowEnd end, const Decision& decision, Now now) {
  DecisionEvent event = event_of(DecisionKind::Ended, flow.key.destination(), decision, now);
  // A flow that fell silent ended with its last packet.
  if (end == FlowEnd::Silent) event.time -= std::chrono::floor<std::chrono::seconds>(now.steady - flow.last_seen);
  event.client_port = flow.key.client_port;
  event.is_kept = flow.is_accounted;
  event.end = end;
  event.since = flow.since;
  event.traffic = flow.traffic;
  if (flow.is_accounted) event.origin = recorder_.origins().take(flow.key);
  // What ended it is a decision of the present policy; only what let it in is told by the older one.
  if (!decision.allows()) event.origin = nullptr;
  recorder_.add(std::move(event), now.steady);
}

DecisionEvent Session::event_of(DecisionKind kind, const Destination& destination, const Decision& decision, Now now) {
  DecisionEvent event;
  event.kind = kind;
  event.time = now.wall;
  event.destination = destination;
  event.decision = decision;
  event.policy = policy_;
  event.evidence = evidence_now();
  return event;
}

/// Of a refusal that may_tell() let through.
std::string Session::tell_denied(const Destination& destination, DropReason drop, const Decision& decision, Now now) {
  std::string code = reference_code(grant_.code_key, grant_.id, ++denials_);
  if (recorder_.is_watched()) {
    DecisionEvent event = event_of(DecisionKind::Refused, destination, decision, now);
    event.code = code;
    event.is_kept = true;
    recorder_.add(std::move(event), now.steady);
  }
  events_.push_back(Denied{destination, drop, decision, code, policy_, evidence_now(), now.wall});
  return code;
}

const std::shared_ptr<const Evidence>& Session::evidence_now() {
  if (!evidence_now_) evidence_now_ = std::make_shared<const Evidence>(evidence_);
  return evidence_now_;
}

}  // namespace sallyport
