#include "common/log/audit.hpp"

#include "common/base/text.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::ordered_json;

Json seconds_or_null(const std::optional<std::chrono::seconds>& duration) {
  return duration ? Json(duration->count()) : Json(nullptr);
}

Json to_json(const AuditEvidence& evidence) {
  return {{"key_age", seconds_or_null(evidence.key_age)},
          {"posture_age", seconds_or_null(evidence.posture_age)},
          {"proof_age", seconds_or_null(evidence.proof_age)},
          {"revocation_age", seconds_or_null(evidence.revocation_age)},
          {"certificate_left", seconds_or_null(evidence.certificate_left)}};
}

}  // namespace

std::string to_json_line(const AuditRecord& record) {
  Json line{{"time", format_utc(record.time)}, {"event", escape_untrusted(record.event)}};
  const auto add = [&line](const char* name, const std::string& value) {
    if (!value.empty()) line.emplace(name, escape_untrusted(value));
  };
  add("user", record.user);
  add("device", record.device);
  add("serial", record.serial);
  if (record.session != SessionId{}) line.emplace("session", static_cast<std::uint64_t>(record.session));
  add("source", record.source);
  add("address", record.address);
  add("destination", record.destination);
  add("verdict", record.verdict);
  add("rule", record.rule);
  add("policy", record.policy);
  if (record.version != 0) line.emplace("version", record.version);
  for (const auto& [name, count] : record.counts) line.emplace(name, count);
  add("reason", record.reason);
  add("by", record.by);
  add("reference", record.reference);
  for (const auto& [name, text] : record.texts) add(name.c_str(), text);
  if (record.evidence) line.emplace("evidence", to_json(*record.evidence));
  for (const auto& [check, state] : record.checks) line["checks"][escape_untrusted(check)] = escape_untrusted(state);
  if (record.self_reported) line.emplace("self_reported", true);
  return line.dump(-1, ' ', true, Json::error_handler_t::replace) + '\n';
}

}  // namespace sallyport
