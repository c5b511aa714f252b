#include "server/ctl/proof_notice.hpp"

#include "server/ctl/admin_record.hpp"
#include "server/ctl/policy_change_text.hpp"
#include "server/ctl/readable.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

/// A gateway of before says nothing of the record.
ProofNotice confirmed(const nlohmann::json& answer) {
  ProofNotice notice{.is_running = true, .sessions = number_of(answer, "sessions")};
  notice.is_recorded = answer.value("recorded", nlohmann::json(true)) == true;
  if (!notice.is_recorded)
    notice.error = LinkError{CtlExit::Failed, "the gateway's journal says why", "look for audit.failed", {}};
  return notice;
}

}  // namespace

ProofNotice tell_gateway_of_proof(const GatewayConfig& config, const std::string& user, const char* what,
                                  WallTime now) {
  auto request = change_request("proof.changed");
  request.update({{"user", user}, {"what", what}});
  const auto answer = ask_gateway(config, request);
  if (answer) return confirmed(*answer);
  if (answer.error().code != CtlExit::NotRunning) return {.is_running = true, .error = answer.error()};
  AuditRecord record;
  record.event = std::string{"proof."} + what;
  record.user = user;
  ProofNotice notice;
  notice.error = record_here(config, std::move(record), now);
  notice.is_recorded = !notice.error.has_value();
  return notice;
}

ProofNotice tell_gateway_of_noted_proof(const GatewayConfig& config, const std::string& user, const char* what) {
  auto request = change_request("proof.changed");
  request.update({{"user", user}, {"what", what}, {"noted", true}});
  const auto answer = ask_gateway(config, request);
  if (answer) return confirmed(*answer);
  if (answer.error().code == CtlExit::NotRunning) return {};
  return {.is_running = true, .error = answer.error()};
}

void add_notice(nlohmann::json& document, const ProofNotice& notice) {
  document["gateway"] = notice.is_running ? "running" : "not_running";
  document["sessions"] = notice.sessions;
  // Nobody knows what became of a record that a gateway did not confirm.
  document["recorded"] =
      notice.is_recorded && notice.error ? nlohmann::json(nullptr) : nlohmann::json(notice.is_recorded);
}

void say_notice(Console& console, const ProofNotice& notice) {
  if (!notice.is_running) return console.say("No gateway is running; it will go by this when it starts.\n");
  console.say(
      fmt::format("The gateway goes by it from now on; connected now: {}.\n", counted(notice.sessions, "session")));
}

}  // namespace sallyport
