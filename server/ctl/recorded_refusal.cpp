#include "server/ctl/recorded_refusal.hpp"

#include "server/ctl/gateway_link.hpp"
#include "server/policy/explain.hpp"
#include "server/policy/loader.hpp"
#include "server/record/decision_reader.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

/// The last record of the audit file with this reference.
Json find_in_audit(const std::string& path, const std::string& code) {
  Json found;
  (void)read_lines(path, [&](std::size_t, std::string_view line) {
    if (line.find(code) == std::string_view::npos) return;
    auto record = Json::parse(line, nullptr, false);
    if (record.is_object() && text_of(record, "reference") == code) found = std::move(record);
  });
  return found;
}

std::optional<DecisionRecord> find_in_decisions(const std::string& path, const std::string& code) {
  std::optional<DecisionRecord> found;
  if (path.empty()) return found;
  (void)read_decisions(path, WallTime{}, [&](const DecisionRecord& record) {
    if (record.code == code) found = record;
  });
  return found;
}

Json answer_of(const Json& audit) {
  return {{"time", text_of(audit, "time")},
          {"event", text_of(audit, "event")},
          {"user", text_of(audit, "user")},
          {"device", text_of(audit, "device")},
          {"session", number_of(audit, "session")},
          {"source", text_of(audit, "source")},
          {"destination", text_of(audit, "destination")},
          {"reason", text_of(audit, "reason")},
          {"rule", audit.contains("rule") ? Json(text_of(audit, "rule")) : Json(nullptr)},
          {"policy", text_of(audit, "policy")}};
}

void add_decision(Json& answer, const DecisionRecord& record, const GatewayConfig& config) {
  const auto json = to_json(record);
  answer["time"] = json.at("time");
  answer["event"] = "flow.denied";
  for (const char* key : {"user", "device", "session", "reason", "policy", "evidence"}) answer[key] = json.at(key);
  answer["source"] = json.at("from");
  answer["destination"] = json.at("to");
  const auto& rule = json.at("rule");
  answer["rule"] = rule.is_object() ? rule.at("name") : Json(nullptr);
  for (const char* key : {"kind", "file", "line"}) answer[key] = rule.is_object() ? rule.at(key) : Json(nullptr);
  const auto loaded = load_policy(config.policy_directory);
  if (!loaded) return;
  // By the recorded evidence and at the recorded time; under another policy it is not what happened.
  const char* name = loaded->policy->hash() == record.policy ? "explanation" : "explanation_by_files";
  answer[name] = to_json(explain(*loaded->policy, record.evidence, record.destination, record.time));
}

}  // namespace

std::string reference_code_of(std::string_view text) {
  std::string code;
  for (const char c : text) {
    if (c == '-' || c == ' ') continue;
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (code.size() == 4) code += '-';
    code += upper == 'O' ? '0' : upper == 'I' || upper == 'L' ? '1' : upper;
  }
  return code;
}

std::optional<Json> find_recorded_refusal(const GatewayConfig& config, const std::string& code) {
  const auto audit = find_in_audit(config.audit, code);
  const auto decision = find_in_decisions(config.decisions, code);
  if (!audit.is_object() && !decision) return std::nullopt;
  Json answer = answer_of(audit);
  answer["code"] = code;
  answer["explanation"] = nullptr;
  if (decision) add_decision(answer, *decision, config);
  return answer;
}

}  // namespace sallyport
