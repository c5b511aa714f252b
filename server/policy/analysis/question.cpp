#include "server/policy/analysis/question.hpp"

#include "server/policy/age_limit.hpp"
#include "server/policy/analysis/known_people.hpp"
#include "server/policy/analysis/smallest_change.hpp"
#include "server/policy/diagnostic_list.hpp"
#include "server/policy/explain.hpp"
#include "server/policy/name_index.hpp"
#include "server/policy/resolved_policy.hpp"
#include "server/policy/targets.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxPostures = 64;

Result<std::optional<std::chrono::seconds>, QuestionError> read_age(const Json& request, const char* key) {
  const auto member = request.find(key);
  if (member == request.end()) return std::nullopt;
  const auto seconds = member->is_number_integer() ? member->get<std::int64_t>() : -1;
  const bool fits = seconds >= 0 && seconds <= kLongestAge.count();
  if (!fits) return fail(QuestionError{std::string{"\""} + key + "\" must be a number of seconds", "at most a year"});
  return std::chrono::seconds{seconds};
}

Result<std::optional<std::vector<std::string>>, QuestionError> read_postures(const Json& request) {
  const auto member = request.find("posture");
  if (member == request.end()) return std::nullopt;
  std::vector<std::string> names;
  const bool is_list = member->is_array() && member->size() <= kMaxPostures;
  for (const auto& each : is_list ? *member : Json::array()) {
    if (each.is_string()) names.push_back(each.get<std::string>());
  }
  if (!is_list || names.size() != member->size()) return fail(QuestionError{"\"posture\" must be a list of names", {}});
  return names;
}

std::optional<QuestionError> find_unknown_posture(const Policy& policy, const Assumptions& assumptions) {
  if (!assumptions.posture) return std::nullopt;
  NameIndex postures{policy.resolved().document.postures};
  for (const auto& name : *assumptions.posture) {
    if (!postures.find(name)) return QuestionError{"no posture " + quote(name), postures.suggestion(name)};
  }
  return std::nullopt;
}

void assume(Evidence& evidence, const Assumptions& assumptions, WallTime at) {
  if (assumptions.posture) evidence.posture.satisfied = assumptions.posture;
  if (assumptions.proof) evidence.user_proved = at - *assumptions.proof;
  if (assumptions.key) evidence.key_proved = at - *assumptions.key;
  if (assumptions.revocation) evidence.revocation_as_of = at - *assumptions.revocation;
}

/// What whoever asks may have overlooked.
Json notes_on(const Policy& policy, const Evidence& evidence) {
  Json notes = Json::array();
  const auto& user = evidence.user.text();
  if (user.empty() || is_named(policy.resolved(), user)) return notes;
  const auto meant = likely_meant(policy.resolved(), user);
  notes.push_back("no rule or group names " + quote(user) +
                  (meant ? " (did you mean " + quote(*meant) + "?)" : ": only what everyone has applies"));
  return notes;
}

Json overview(const Policy& policy, const Rights& rights, const std::vector<Destination>& destinations, WallTime at) {
  Json list = Json::array();
  for (const auto& each : destinations) {
    const auto decision = rights.judge(each, at);
    const auto* rule = policy.rule(decision.rule);
    list.push_back({{"to", to_string(each)},
                    {"verdict", name_of(decision.verdict)},
                    {"rule", rule == nullptr ? Json(nullptr) : Json(rule->name)}});
  }
  return list;
}

}  // namespace

void write_assumptions(const Assumptions& assumptions, Json& request) {
  if (assumptions.posture) request["posture"] = *assumptions.posture;
  if (assumptions.proof) request["proof"] = assumptions.proof->count();
  if (assumptions.key) request["key"] = assumptions.key->count();
  if (assumptions.revocation) request["revocation"] = assumptions.revocation->count();
}

Result<Assumptions, QuestionError> read_assumptions(const Json& request) {
  const auto posture = read_postures(request);
  if (!posture) return fail(posture.error());
  const auto proof = read_age(request, "proof");
  if (!proof) return fail(proof.error());
  const auto key = read_age(request, "key");
  if (!key) return fail(key.error());
  const auto revocation = read_age(request, "revocation");
  if (!revocation) return fail(revocation.error());
  return Assumptions{*posture, *proof, *key, *revocation};
}

Result<Json, QuestionError> answer_question(const Policy& policy, Evidence evidence, const Assumptions& assumptions,
                                            const std::string& to, WallTime at) {
  const auto destinations = expand_target(policy, to);
  if (!destinations) return fail(QuestionError{destinations.error().message, destinations.error().hint});
  if (auto unknown = find_unknown_posture(policy, assumptions)) return fail(std::move(*unknown));
  assume(evidence, assumptions, at);
  const auto rights = policy.rights_for(evidence, at);
  auto asked = destinations->front();
  for (const auto& each : *destinations) {
    if (rights->judge(each, at).allows()) continue;
    asked = each;
    break;
  }
  Json answer = to_json(explain(policy, evidence, asked, at));
  answer["change"] = to_json(smallest_change(policy, evidence, asked, at));
  answer["notes"] = notes_on(policy, evidence);
  if (destinations->size() > 1) answer["destinations"] = overview(policy, *rights, *destinations, at);
  Json assumed = Json::object();
  write_assumptions(assumptions, assumed);
  answer["assumed"] = std::move(assumed);
  return answer;
}

}  // namespace sallyport
