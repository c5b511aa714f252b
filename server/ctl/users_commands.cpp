#include "server/ctl/users_commands.hpp"

#include "server/ctl/command_line.hpp"
#include "server/ctl/open_records.hpp"
#include "server/ctl/readable.hpp"
#include "server/ctl/user_state.hpp"
#include "server/store/store.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

void tell(Ctl& ctl, const std::vector<UserProofState>& states) {
  if (states.empty()) {
    return ctl.console.say("Nobody has a device or a secret yet. See: sallyportctl devices enroll --help\n");
  }
  TextTable table{{"USER", "STATE", "DEVICES", "PROOF", "RECOVERY CODES", "LAST PROOF"}};
  for (const auto& state : states) {
    const bool few = state.enrolled && state.recovery_left < kFewRecoveryCodes;
    table.add({state.user.text(),
               Cell{state.disabled ? "disabled" : "enabled", state.disabled ? Style::Bad : Style::Plain},
               std::to_string(state.devices), state.enrolled ? "totp" : "none",
               Cell{state.enrolled ? std::to_string(state.recovery_left) : "", few ? Style::Warning : Style::Plain},
               last_proof_text(state, ctl.now)});
  }
  ctl.console.show(table);
}

CtlExit run_list(Ctl& ctl, const NoOptions& /*none*/) {
  auto records = open_records(ctl);
  if (!records) return CtlExit::Failed;
  const auto states = records->store.proof_states();
  if (!states) return ctl.console.fail(CtlExit::Failed, states.error().words);
  tell(ctl, *states);
  Json list = Json::array();
  for (const auto& state : *states) list.push_back(document_of(state));
  ctl.console.document({{"users", std::move(list)}});
  return CtlExit::Ok;
}

Command add_user_verb(Command noun, Ctl& ctl, const char* name, const char* about, const char* example,
                      const std::shared_ptr<UserOptions>& options, CtlExit (*run)(Ctl&, const UserOptions&)) {
  const auto verb = add_verb<UserOptions>(noun, ctl, name, about, example, options, run);
  verb.add_option("USER", options->user, "E-mail address of the person").required();
  return verb;
}

void add_state_verbs(Command noun, Ctl& ctl) {
  const auto disabling = std::make_shared<UserStateOptions>();
  const auto disable = add_verb<UserStateOptions>(
      noun, ctl, "disable", "Cut a person off, with all their devices, until they are enabled again",
      "  sallyportctl users disable ana@example.com --reason \"left on Friday\"\n"
      "Live connections end before the command returns. Nothing of theirs can connect, enrol, renew or prove "
      "meanwhile;\n"
      "their devices are not revoked.",
      disabling, disable_user);
  disable.add_option("USER", disabling->user, "E-mail address of the person").required();
  disable.add_option("--reason", disabling->reason, "For the record: who, why, until when");
  const auto enabling = std::make_shared<UserStateOptions>();
  const auto enable =
      add_verb<UserStateOptions>(noun, ctl, "enable", "Let a disabled person in again, on the devices they had",
                                 "  sallyportctl users enable ana@example.com\n"
                                 "What they had proved before is forgotten: they sign in anew.",
                                 enabling, enable_user);
  enable.add_option("USER", enabling->user, "E-mail address of the person").required();
}

}  // namespace

void add_users_commands(Command app, Ctl& ctl) {
  const auto noun = app.add_noun("users", "People, and what they prove their presence with");
  (void)add_verb<NoOptions>(noun, ctl, "list", "List everybody who has a device or a secret, or is disabled",
                            "  sallyportctl users list\n"
                            "  sallyportctl users list --json | jq '.users[] | select(.method == null) | .user'",
                            std::make_shared<NoOptions>(), run_list);
  add_state_verbs(noun, ctl);
  const auto totp = noun.add_noun("totp", "Codes from an authenticator app");
  const auto options = std::make_shared<UserOptions>();
  const auto enroll = add_user_verb(
      totp, ctl, "enroll", "Give a person a secret for their authenticator app, and recovery codes",
      "  sallyportctl users totp enroll ana@example.com\n"
      "  sallyportctl users totp enroll ana@example.com --replace\n"
      "Shows secret, QR code (on a terminal) and recovery codes this once: let the person scan it here and take the\n"
      "codes with them. Whoever sees them can prove to be that person, on that person's laptop.",
      options, enroll_totp);
  enroll.add_flag("--replace", options->replace, "End the secret there is, and all that was proved with it");
  (void)add_user_verb(
      totp, ctl, "show-state", "Say whether a person has a secret, and when it was used; never the secret",
      "  sallyportctl users totp show-state ana@example.com", std::make_shared<UserOptions>(), show_totp);
  (void)add_user_verb(totp, ctl, "reset", "Forget a person's secret and codes (a lost phone, a person who left)",
                      "  sallyportctl users totp reset ana@example.com\n"
                      "What was open by a proof closes before the command returns.",
                      std::make_shared<UserOptions>(), reset_totp);
}

}  // namespace sallyport
