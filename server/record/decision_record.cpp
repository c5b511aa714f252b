#include "server/record/decision_record.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

std::string_view name_of(DecisionKind kind) noexcept {
  switch (kind) {
    case DecisionKind::Opened:
      return "opened";
    case DecisionKind::Refused:
      return "refused";
    case DecisionKind::Ended:
      return "ended";
  }
  return "invalid";
}

Json time_or_null(const std::optional<WallTime>& time) {
  return !time || *time == kNever ? Json(nullptr) : Json(format_utc(*time));
}

Json json_of(const std::optional<RuleReference>& rule) {
  if (!rule) return nullptr;
  return {{"kind", name_of(rule->kind)}, {"name", rule->name}, {"file", rule->file}, {"line", rule->line}};
}

Json object_of(const std::map<std::string, bool, std::less<>>& answers) {
  Json object = Json::object();
  for (const auto& [name, value] : answers) object[name] = value;
  return object;
}

Json json_of(const PostureEvidence& posture) {
  if (posture.satisfied) return {{"satisfied", *posture.satisfied}};
  if (!posture.report) return nullptr;
  const auto& report = *posture.report;
  Json json = {{"reported", format_utc(posture.reported)},
               {"os", report.os},
               {"os_version", report.os_version},
               {"kernel_version", report.kernel_version},
               {"facts", object_of(report.facts)}};
  if (!report.processes.empty()) json["processes"] = object_of(report.processes);
  if (!report.files.empty()) json["files"] = object_of(report.files);
  return json;
}

Json json_of(const Evidence& evidence) {
  Json json = {{"certificate_expires", time_or_null(evidence.certificate_expires)},
               {"key_proved", time_or_null(evidence.key_proved)},
               {"user_proved", time_or_null(evidence.user_proved)},
               {"revocation_as_of", time_or_null(evidence.revocation_as_of)},
               {"posture", json_of(evidence.posture)}};
  if (!evidence.hours_known) json["hours_known"] = false;
  return json;
}

}  // namespace

DecisionRecord record_of(SessionId session, const DecisionEvent& event) {
  return DecisionRecord{.kind = event.kind,
                        .time = event.time,
                        .session = session,
                        .evidence = *event.evidence,
                        .destination = event.destination,
                        .client_port = event.client_port,
                        .verdict = event.decision.verdict,
                        .reason = std::string{name_of(event.decision.reason)},
                        .rule = event.origin ? event.origin->rule : reference_to(*event.policy, event.decision.rule),
                        .shadow = reference_to(*event.policy, event.decision.shadow),
                        .valid_until = event.decision.valid_until,
                        .code = event.code,
                        .policy = event.origin ? event.origin->policy : event.policy->hash(),
                        .end = event.kind == DecisionKind::Ended ? std::string{name_of(event.end)} : std::string{},
                        .since = event.since,
                        .traffic = event.traffic};
}

Json to_json(const DecisionRecord& record) {
  Json json = {{"v", 1},
               {"event", name_of(record.kind)},
               {"time", format_utc(record.time)},
               {"user", record.evidence.user.text()},
               {"device", record.evidence.device.text()},
               {"from", record.evidence.source.to_string()},
               {"session", static_cast<std::uint64_t>(record.session)},
               {"to", to_string(record.destination)},
               {"verdict", name_of(record.verdict)},
               {"reason", record.reason},
               {"rule", json_of(record.rule)},
               {"valid_until", time_or_null(record.valid_until)},
               {"policy", record.policy},
               {"evidence", json_of(record.evidence)}};
  if (record.client_port != 0) json["client_port"] = record.client_port;
  if (record.shadow) json["shadow"] = json_of(record.shadow);
  if (!record.code.empty()) json["code"] = record.code;
  if (record.kind != DecisionKind::Ended) return json;
  json["end"] = record.end;
  json["since"] = format_utc(record.since);
  json["packets_in"] = record.traffic.packets_in;
  json["bytes_in"] = record.traffic.bytes_in;
  json["packets_out"] = record.traffic.packets_out;
  json["bytes_out"] = record.traffic.bytes_out;
  return json;
}

}  // namespace sallyport
