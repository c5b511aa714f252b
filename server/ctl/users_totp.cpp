#include "common/base/text.hpp"
#include "common/pki/identity_name.hpp"
#include "common/pki/random.hpp"
#include "server/ctl/admin_record.hpp"
#include "server/ctl/open_records.hpp"
#include "server/ctl/proof_notice.hpp"
#include "server/ctl/qr_code.hpp"
#include "server/ctl/readable.hpp"
#include "server/ctl/state_files.hpp"
#include "server/ctl/typed_names.hpp"
#include "server/ctl/user_state.hpp"
#include "server/ctl/users_commands.hpp"
#include "server/proof/base32.hpp"
#include "server/proof/otpauth.hpp"
#include "server/proof/recovery_code.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>

namespace sallyport {
namespace {

/// What is shown once and then known to the store (and its owner) alone.
struct NewSecret {
  TotpEnrolment enrolment;
  std::vector<std::string> codes;
};

std::optional<NewSecret> make_secret(const UserId& user) {
  NewSecret made{{user, ByteBuffer(kTotpSecretSize), {}}, {}};
  if (!fill_random(made.enrolment.secret)) return std::nullopt;
  for (std::size_t i = 0; i < kRecoveryCodes; ++i) {
    std::array<std::byte, kRecoveryCodeSize> random{};
    if (!fill_random(random)) return std::nullopt;
    made.codes.push_back(recovery_code_from(random));
    const auto digest = recovery_digest(user, made.codes.back());
    if (!digest) return std::nullopt;
    made.enrolment.recovery.push_back(*digest);
  }
  return made;
}

struct Subject {
  GatewayConfig config;
  Store store;
  UserId user;
};

/// The store, and the person that the command line names. What is wrong was then said.
Result<Subject, CtlExit> find_subject(Ctl& ctl, const UserOptions& options) {
  const auto user = lower_ascii(options.user);
  if (!is_user_id(user)) {
    return fail(ctl.console.fail(CtlExit::Usage, words_for_no_user(options.user),
                                 "write it as in the policy: ana@example.com"));
  }
  auto records = open_records(ctl);
  if (!records) return fail(CtlExit::Failed);
  return Subject{std::move(records->config), std::move(records->store), UserId{user}};
}

std::string secret_in_groups(const std::string& secret) {
  std::string text;
  for (std::size_t i = 0; i < secret.size(); i += 4) text.append(text.empty() ? "" : " ").append(secret, i, 4);
  return text;
}

void say_secret(Ctl& ctl, const NewSecret& made, const std::string& uri) {
  const auto& user = made.enrolment.user.text();
  ctl.console.say(fmt::format("{} has a new secret. It is shown this once.\n", user));
  const auto drawing = ctl.is_terminal ? qr_code_text(uri, ctl.console.colour()) : std::nullopt;
  if (drawing && !ctl.console.json()) ctl.console.data("\nScan this with an authenticator app:\n\n" + *drawing);
  ctl.console.say(
      fmt::format("\n  Secret  {}\n  Link    {}\n\nRecovery codes for the day the phone is lost, each good "
                  "once instead of a code:\n",
                  secret_in_groups(to_base32(made.enrolment.secret)), uri));
  for (const auto& code : made.codes) ctl.console.say("  " + code + '\n');
  ctl.console.say("\n");
}

/// It was changed all the same: `document` says what there is now.
CtlExit fail_unconfirmed(Console& console, const ProofNotice& notice, const char* done, nlohmann::json document) {
  const auto words = fmt::format(
      "the secret is {}, but {}: {}", done,
      notice.is_recorded ? "that was not confirmed" : "the audit record could not be written", notice.error->words);
  if (!console.json()) return console.fail(notice.error->code, words, notice.error->hint);
  document.update({{"ok", false}, {"error", words}, {"hint", notice.error->hint}});
  console.document(std::move(document));
  return notice.error->code;
}

/// Nullopt when that could not be read, which was then said.
std::optional<UserProofState> state_of(Ctl& ctl, Subject& subject) {
  auto states = subject.store.proof_states();
  if (!states) {
    ctl.console.fail(CtlExit::Failed, states.error().words);
    return std::nullopt;
  }
  for (auto& state : *states) {
    if (state.user == subject.user) return std::move(state);
  }
  return UserProofState{.user = subject.user};
}

}  // namespace

CtlExit enroll_totp(Ctl& ctl, const UserOptions& options) {
  auto subject = find_subject(ctl, options);
  if (!subject) return subject.error();
  const auto before = state_of(ctl, *subject);
  if (!before) return CtlExit::Failed;
  const auto made = make_secret(subject->user);
  if (!made) return ctl.console.fail(CtlExit::Failed, "there are no random numbers to make a secret of");
  const bool replaced = before->enrolled.has_value();
  // The store refuses to write over a secret, with words of its own.
  if (!replaced || options.replace) {
    AuditRecord record;
    record.event = replaced ? "proof.replaced" : "proof.enrolled";
    record.user = subject->user.text();
    if (const auto unrecorded = record_action(subject->config, std::move(record), ctl.now))
      return fail_unrecorded(ctl.console, "no secret was made", *unrecorded);
  }
  const auto replace = options.replace ? Replace::Yes : Replace::No;
  if (auto done = subject->store.enroll_totp(made->enrolment, replace, ctl.now); !done)
    return ctl.console.fail(CtlExit::Failed, done.error().words);
  const auto notice =
      tell_gateway_of_noted_proof(subject->config, subject->user.text(), replaced ? "replaced" : "enrolled");
  const auto uri = otpauth_uri(subject->config.name, subject->user, made->enrolment.secret);
  say_secret(ctl, *made, uri);
  nlohmann::json document{{"user", subject->user.text()},
                          {"replaced", replaced},
                          {"secret", to_base32(made->enrolment.secret)},
                          {"uri", uri},
                          {"recovery_codes", made->codes}};
  add_notice(document, notice);
  if (notice.error) return fail_unconfirmed(ctl.console, notice, replaced ? "replaced" : "made", std::move(document));
  if (before->devices == 0) ctl.console.say("Note: no device of this person is enrolled yet.\n");
  say_notice(ctl.console, notice);
  ctl.console.document(std::move(document));
  return CtlExit::Ok;
}

CtlExit show_totp(Ctl& ctl, const UserOptions& options) {
  auto subject = find_subject(ctl, options);
  if (!subject) return subject.error();
  const auto state = state_of(ctl, *subject);
  if (!state) return CtlExit::Failed;
  if (state->enrolled) {
    ctl.console.say(fmt::format("{} has a secret since {}; recovery codes left: {}; last proof: {}\n",
                                state->user.text(), readable_date(*state->enrolled, ctl.now), state->recovery_left,
                                last_proof_text(*state, ctl.now)));
  } else {
    ctl.console.say(fmt::format("{} has no secret. To make one: sallyportctl users totp enroll {}\n",
                                state->user.text(), state->user.text()));
  }
  ctl.console.document(document_of(*state));
  return CtlExit::Ok;
}

CtlExit reset_totp(Ctl& ctl, const UserOptions& options) {
  auto subject = find_subject(ctl, options);
  if (!subject) return subject.error();
  const auto was_there = subject->store.reset_totp(subject->user);
  if (!was_there) return ctl.console.fail(CtlExit::Failed, was_there.error().words);
  // Also when there was none: the attempt before may have stopped half-way.
  const auto notice = tell_gateway_of_proof(subject->config, subject->user.text(), "reset", ctl.now);
  nlohmann::json document{{"user", subject->user.text()}, {"had_secret", *was_there}};
  add_notice(document, notice);
  if (notice.error) return fail_unconfirmed(ctl.console, notice, "forgotten", std::move(document));
  ctl.console.say(*was_there
                      ? fmt::format("The secret of {} is forgotten, with all that it proved.\n", subject->user.text())
                      : fmt::format("{} had no secret.\n", subject->user.text()));
  say_notice(ctl.console, notice);
  ctl.console.document(std::move(document));
  return CtlExit::Ok;
}

}  // namespace sallyport
