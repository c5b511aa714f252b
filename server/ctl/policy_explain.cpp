#include "common/base/text.hpp"
#include "common/pki/identity_name.hpp"
#include "server/ctl/explanation_text.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/ctl/policy_commands.hpp"
#include "server/ctl/policy_target.hpp"
#include "server/policy/age_limit.hpp"
#include "server/policy/analysis/question.hpp"
#include "server/store/store.hpp"

#include <fmt/format.h>

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr const char* kOtherwise = "name a directory: sallyportctl policy explain --dir DIR ...";

/// A question whose every part can be read.
struct Question {
  Evidence evidence;
  Assumptions assumptions;
  std::string to;  ///< a destination, or a resource with a service
  WallTime at;
};

Result<std::optional<std::chrono::seconds>, std::string> read_age(const char* option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto age = parse_age(text);
  if (!age) return fail(std::string{option} + ": " + age.error());
  return *age;
}

Result<Assumptions, std::string> read_assumptions_of(const ExplainOptions& options) {
  const auto proof = read_age("--proof", options.proof);
  if (!proof) return fail(proof.error());
  const auto key = read_age("--key", options.key);
  if (!key) return fail(key.error());
  const auto revocation = read_age("--revocation", options.revocation);
  if (!revocation) return fail(revocation.error());
  auto posture = options.posture.empty() ? std::nullopt : std::optional{options.posture};
  if (posture == std::vector<std::string>{"none"}) posture->clear();
  return Assumptions{posture, *proof, *key, *revocation};
}

Result<Question, std::string> parse_question(const ExplainOptions& options, WallTime now) {
  const auto to = readable_target(options.to);
  if (!to) return fail("--to: " + to.error());
  const auto from = options.from.empty() ? std::optional{IpAddress{}} : IpAddress::parse(options.from);
  if (!from) return fail("--from: \"" + escape_untrusted(options.from) + "\" is not an IP address");
  const auto at = options.at.empty() ? std::optional{now} : parse_utc(options.at);
  if (!at) return fail("--at: write the time as 2026-11-21T08:00:00Z, in UTC");
  const auto assumptions = read_assumptions_of(options);
  if (!assumptions) return fail(assumptions.error());
  const auto user = lower_ascii(options.user);
  if (!is_user_id(user)) {
    return fail("--as: \"" + escape_untrusted(options.user) + "\" is no e-mail address; write it as ana@example.com");
  }
  Evidence evidence;
  evidence.user = UserId{user};
  evidence.device = DeviceId{options.device};
  evidence.source = *from;
  return Question{std::move(evidence), *assumptions, *to, *at};
}

Json request_for(const ExplainOptions& options, const Question& question) {
  Json request{{"do", "policy.explain"},
               {"as", question.evidence.user.text()},
               {"device", question.evidence.device.text()},
               {"to", question.to}};
  if (!options.from.empty()) request["from"] = question.evidence.source.to_string();
  if (!options.at.empty()) request["at"] = format_utc(question.at);
  write_assumptions(question.assumptions, request);
  return request;
}

/// What the gateway would know from its records; nullopt without them.
std::optional<DeviceRecord> known_device(const std::string& database, const DeviceId& device) {
  auto store = Store::open(database);
  const auto record = store ? store->device(device) : Result<std::optional<DeviceRecord>, StoreError>{};
  return record ? *record : std::nullopt;
}

CtlExit show(Ctl& ctl, Json answer, const char* source, const std::string& asked) {
  ctl.console.say(explanation_text(answer, ctl.console) + "\n  " + asked + '\n');
  answer["source"] = source;
  ctl.console.document(std::move(answer));
  return CtlExit::Ok;
}

CtlExit explain_from_files(Ctl& ctl, Question question, const std::optional<DeviceRecord>& device,
                           const std::string& directory, const std::string& asked) {
  const auto asked_policy = load_asked(ctl, directory);
  if (!asked_policy) return CtlExit::Failed;
  if (device) question.evidence.certificate_expires = device->not_after;
  auto answered =
      answer_question(*asked_policy->loaded.policy, question.evidence, question.assumptions, question.to, question.at);
  if (!answered) return ctl.console.fail(CtlExit::Usage, answered.error().message, answered.error().hint);
  auto answer = std::move(*answered);
  answer["failed_tests"] = asked_policy->failed_tests;
  answer["device_state"] = device ? Json(name_of(device->state)) : Json(nullptr);
  answer["user_disabled"] = device && device->user_disabled;
  return show(ctl, std::move(answer), "files", asked);
}

}  // namespace

CtlExit explain_policy(Ctl& ctl, const ExplainOptions& options) {
  const auto question = parse_question(options, ctl.now);
  if (!question) return ctl.console.fail(CtlExit::Usage, question.error());
  if (!options.files.directory.empty()) {
    const auto directory = policy_directory(ctl, options.files, kOtherwise);
    if (!directory) return CtlExit::Failed;
    // Other rules, the same device: beside a gateway's records the answer has the end its live answer would have.
    const auto known = load_gateway_config(ctl.config_path);
    return explain_from_files(ctl, *question,
                              known ? known_device(known->database(), question->evidence.device) : std::nullopt,
                              *directory, "Answered from the files in " + *directory + '.');
  }
  const auto config = policy_config(ctl, kOtherwise);
  if (!config) return CtlExit::Failed;
  const auto answer = ask_gateway(*config, request_for(options, *question));
  if (answer) return show(ctl, *answer, "gateway", "Answered by the running gateway.");
  if (answer.error().code != CtlExit::NotRunning) return report(ctl.console, answer.error());
  return explain_from_files(ctl, *question, known_device(config->database(), question->evidence.device),
                            config->policy_directory,
                            "No gateway is running; answered from the files in " + config->policy_directory + '.');
}

}  // namespace sallyport
