#include "server/gateway/live_document.hpp"

#include "common/ipc/queue_document.hpp"
#include "server/policy/explain.hpp"
#include "server/policy/posture_needs.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace sallyport {
namespace {

using Json = nlohmann::json;

Json text_or_null(const std::optional<IpAddress>& address) {
  return address ? Json(address->to_string()) : Json(nullptr);
}

Json time_or_null(const std::optional<WallTime>& time) { return time ? Json(format_utc(*time)) : Json(nullptr); }

Json time_or_null(WallTime time) { return time == kNever ? Json(nullptr) : Json(format_utc(time)); }

/// How the device stands by its own word; null while it has reported nothing.
Json posture_document(const GatewayView& gateway, const SessionRegistry::Entry* entry) {
  if (entry == nullptr || !entry->evidence.posture.report) return nullptr;
  const auto& policy = *gateway.snapshot.policy.policy;
  const WallTime now = gateway.clock.now().wall;
  Json checks = Json::object();
  const auto rights = policy.rights_for(entry->evidence, now);
  for (const auto& [check, state] : posture_verdicts(policy, *rights, entry->evidence, now)) {
    checks[check] = name_of(state);
  }
  return {{"self_reported", true},
          {"reported", format_utc(entry->evidence.posture.reported)},
          {"checks", std::move(checks)}};
}

Json session_document(const GatewayView& gateway, const SessionView& view) {
  const auto* entry = gateway.registry.find(view.grant.id);
  return {{"session", static_cast<std::uint64_t>(view.grant.id)},
          {"device", view.grant.device.text()},
          {"user", view.grant.user.text()},
          {"worker", index_of(view.worker)},
          {"authority", view.grant.authority.empty() ? Json(nullptr) : Json(view.grant.authority)},
          {"serial", view.grant.serial},
          {"source", view.grant.source.to_string()},
          {"v4", text_or_null(view.grant.addresses.v4)},
          {"v6", text_or_null(view.grant.addresses.v6)},
          {"since", entry == nullptr ? Json(nullptr) : Json(format_utc(entry->since_wall))},
          {"state", view.is_verifying ? "verifying" : "online"},
          {"moves", time_or_null(view.moves)},
          {"ends", time_or_null(view.ends)},
          {"idle_seconds", view.idle.count()},
          {"certificate_expires", format_utc(view.grant.certificate_expires)},
          {"user_proved", entry == nullptr ? Json(nullptr) : time_or_null(entry->evidence.user_proved)},
          {"bytes_in", view.traffic.bytes_in},
          {"bytes_out", view.traffic.bytes_out},
          {"packets_in", view.traffic.packets_in},
          {"packets_out", view.traffic.packets_out},
          {"flows", view.flows},
          {"denied", view.refused},
          {"congestion", view.congestion},
          {"queue", queue_document(view.queue)},
          {"posture", posture_document(gateway, entry)},
          {"posture_changes", {{"told", view.changes.heard}, {"held_back", view.changes.held_back}}}};
}

/// The rule is told while its policy is in force; otherwise the flow is judged anew on its next packet.
Json flow_document(const FlowView& view, const SessionRegistry::Entry& entry, WallTime now) {
  const Flow& flow = view.flow;
  const auto rule = view.knows_rule ? reference_to(*view.policy, flow.rule) : std::nullopt;
  const bool is_open = flow.valid_until == kNever;
  Json document = {{"session", static_cast<std::uint64_t>(view.session)},
                   {"device", entry.grant.device.text()},
                   {"user", entry.grant.user.text()},
                   {"to", to_string(flow.key.destination())},
                   {"client_port", flow.key.client_port},
                   {"state", name_of(flow.state)},
                   {"current", view.knows_rule},
                   {"rule", nullptr},
                   {"since", format_utc(flow.since)},
                   {"valid_until", is_open ? Json(nullptr) : Json(format_utc(flow.valid_until))},
                   {"last_seen", format_utc(now - view.silent)},
                   {"packets_in", flow.traffic.packets_in},
                   {"bytes_in", flow.traffic.bytes_in},
                   {"packets_out", flow.traffic.packets_out},
                   {"bytes_out", flow.traffic.bytes_out}};
  if (rule) {
    document["rule"] = {
        {"kind", name_of(rule->kind)}, {"name", rule->name}, {"file", rule->file}, {"line", rule->line}};
  }
  return document;
}

}  // namespace

Json session_list_document(const GatewayView& gateway, const GatewayStatus& status) {
  Json sessions = Json::array();
  for (const auto& view : status.sessions) sessions.push_back(session_document(gateway, view));
  return {{"v", 1}, {"ok", true}, {"sessions", std::move(sessions)}};
}

Json flow_list_document(const GatewayView& gateway, const report::Flows& flows) {
  Json list = Json::array();
  for (const auto& view : flows.flows) {
    if (const auto* entry = gateway.registry.find(view.session)) {
      list.push_back(flow_document(view, *entry, gateway.clock.now().wall));
    }
  }
  return {{"v", 1}, {"ok", true}, {"flows", std::move(list)}, {"left_off", flows.left_off}};
}

Json denial_document(const DenialJournal::Entry& entry) {
  Json document = {{"v", 1},
                   {"ok", true},
                   {"code", entry.denial.code},
                   {"time", format_utc(entry.denial.time)},
                   {"user", entry.grant.user.text()},
                   {"device", entry.grant.device.text()},
                   {"session", static_cast<std::uint64_t>(entry.grant.id)},
                   {"source", entry.grant.source.to_string()},
                   {"destination", to_string(entry.denial.destination)},
                   {"reason", name_of(entry.denial.decision.reason)},
                   {"rule", entry.rule ? Json(entry.rule->name) : Json(nullptr)},
                   {"kind", entry.rule ? Json(name_of(entry.rule->kind)) : Json(nullptr)},
                   {"file", entry.rule ? Json(entry.rule->file) : Json(nullptr)},
                   {"line", entry.rule ? Json(entry.rule->line) : Json(nullptr)},
                   {"policy", entry.policy_hash},
                   {"explanation", nullptr}};
  if (const auto policy = entry.policy.lock()) {
    document["explanation"] =
        to_json(explain(*policy, *entry.denial.evidence, entry.denial.destination, entry.denial.time));
  }
  return document;
}

}  // namespace sallyport
