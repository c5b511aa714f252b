#include "common/base/text.hpp"
#include "common/pki/identity_name.hpp"
#include "server/ctl/admin_record.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/ctl/open_records.hpp"
#include "server/ctl/policy_change_text.hpp"
#include "server/ctl/readable.hpp"
#include "server/ctl/typed_names.hpp"
#include "server/ctl/users_commands.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

/// What became of the change beside the store.
struct Notice {
  bool is_running = false;
  std::uint64_t ended = 0;  ///< sessions, all of them before the gateway answered
  bool is_recorded = true;
  std::optional<LinkError> error{};
};

struct Subject {
  GatewayConfig config;
  Store store;
  UserId user;
  std::size_t devices = 0;  ///< not revoked
  bool is_known = false;
};

std::optional<Subject> subject_of(Ctl& ctl, const UserId& user) {
  auto records = open_records(ctl);
  if (!records) return std::nullopt;
  const auto states = records->store.proof_states();
  if (!states) {
    ctl.console.fail(CtlExit::Failed, states.error().words);
    return std::nullopt;
  }
  Subject subject{std::move(records->config), std::move(records->store), user};
  const auto found =
      std::find_if(states->begin(), states->end(), [&](const auto& state) { return state.user == user; });
  subject.is_known = found != states->end();
  if (subject.is_known) subject.devices = found->devices;
  return subject;
}

/// Takes away, which waits for no record.
Notice note_disabled(const Subject& subject, const std::string& reason, WallTime now) {
  auto request = change_request("user.changed");
  request.update({{"user", subject.user.text()}, {"what", "disabled"}, {"reason", reason}});
  const auto answer = ask_gateway(subject.config, request);
  if (answer) {
    return {true, number_of(*answer, "ended"), member_of(*answer, "recorded") == true, std::nullopt};
  }
  if (answer.error().code != CtlExit::NotRunning) return {true, 0, true, answer.error()};
  AuditRecord record;
  record.event = "user.disabled";
  record.user = subject.user.text();
  record.reason = reason;
  auto unrecorded = record_here(subject.config, std::move(record), now);
  return {.is_recorded = !unrecorded.has_value(), .error = std::move(unrecorded)};
}

/// Gives, so that it is recorded already.
Notice note_enabled(const Subject& subject) {
  auto request = change_request("user.changed");
  request.update({{"user", subject.user.text()}, {"what", "enabled"}, {"noted", true}});
  const auto answer = ask_gateway(subject.config, request);
  if (answer) return {.is_running = true, .ended = number_of(*answer, "ended")};
  if (answer.error().code == CtlExit::NotRunning) return {};
  return {.is_running = true, .error = answer.error()};
}

CtlExit finish(Ctl& ctl, const Subject& subject, const Notice& notice, const char* what, bool changed,
               const std::string& reason) {
  const auto& user = subject.user.text();
  if (notice.error || !notice.is_recorded) {
    const auto words = notice.error ? notice.error->words : "see: journalctl -u sallyport-gateway";
    return ctl.console.fail(notice.error ? notice.error->code : CtlExit::Failed,
                            fmt::format("{} is {}, but {}: {}", user, what,
                                        notice.is_recorded ? "the running gateway did not confirm"
                                                           : "the audit record could not be written",
                                        words),
                            notice.error ? notice.error->hint : "look for audit.failed");
  }
  ctl.console.say(fmt::format("{} is {}{}, with {}.\n", user, what, changed ? "" : " (as before)",
                              counted(subject.devices, "device")));
  if (!subject.is_known) ctl.console.say("Note: nobody of this name has a device or a secret here.\n");
  ctl.console.say(notice.is_running ? fmt::format("The gateway confirmed it; sessions ended: {}\n", notice.ended)
                                    : std::string{"No gateway is running; it will go by this when it starts.\n"});
  ctl.console.document({{"user", user},
                        {"state", what},
                        {"changed", changed},
                        {"reason", reason},
                        {"devices", subject.devices},
                        {"known", subject.is_known},
                        {"gateway", notice.is_running ? "running" : "not_running"},
                        {"sessions_ended", notice.ended},
                        {"recorded", notice.is_recorded}});
  return CtlExit::Ok;
}

/// Nullopt when it is none, which was then said.
std::optional<UserId> user_of(Ctl& ctl, const UserStateOptions& options) {
  auto user = lower_ascii(options.user);
  if (is_user_id(user)) return UserId{std::move(user)};
  ctl.console.fail(CtlExit::Usage, words_for_no_user(options.user), "write it as in the policy: ana@example.com");
  return std::nullopt;
}

}  // namespace

CtlExit disable_user(Ctl& ctl, const UserStateOptions& options) {
  const auto user = user_of(ctl, options);
  if (!user) return CtlExit::Usage;
  const auto reason = escape_untrusted(options.reason, kMaxDisableReason);
  auto subject = subject_of(ctl, *user);
  if (!subject) return CtlExit::Failed;
  const auto changed = subject->store.disable_user(*user, reason, ctl.now);
  if (!changed) return ctl.console.fail(CtlExit::Failed, changed.error().words);
  return finish(ctl, *subject, note_disabled(*subject, reason, ctl.now), "disabled", *changed, reason);
}

CtlExit enable_user(Ctl& ctl, const UserStateOptions& options) {
  const auto user = user_of(ctl, options);
  if (!user) return CtlExit::Usage;
  auto subject = subject_of(ctl, *user);
  if (!subject) return CtlExit::Failed;
  AuditRecord record;
  record.event = "user.enabled";
  record.user = user->text();
  if (const auto unrecorded = record_action(subject->config, std::move(record), ctl.now))
    return fail_unrecorded(ctl.console, "nothing has changed", *unrecorded);
  const auto changed = subject->store.enable_user(*user);
  if (!changed) return ctl.console.fail(CtlExit::Failed, changed.error().words);
  return finish(ctl, *subject, note_enabled(*subject), "enabled", *changed, {});
}

}  // namespace sallyport
