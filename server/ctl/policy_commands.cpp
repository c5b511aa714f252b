#include "server/ctl/policy_commands.hpp"

#include "common/base/text.hpp"
#include "server/ctl/command_line.hpp"
#include "server/ctl/policy_change_commands.hpp"
#include "server/ctl/readable.hpp"
#include "server/policy/self_test.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <set>

namespace sallyport {
namespace {

constexpr const char* kCheckHelp =
    "  sallyportctl policy check\n"
    "  sallyportctl policy check ./policy.d && sallyportctl reload\n"
    "  sallyportctl policy check --strict ./policy.d       # in a CI: a warning fails too\n"
    "Errors keep a gateway from loading the policy. Warnings never do: they name what is likely not meant,\n"
    "each with a stable code in brackets. Notes are worth knowing and no fault.\n"
    "  never_matches   a rule whose conditions nobody ever meets\n"
    "  shadowed_allow  an allow all of whose connections some deny refuses\n"
    "  age_in_deny     an age in a deny, where fresh and old evidence meet it alike\n"
    "  overlap         two resources that share destinations or are the same\n"
    "  idle_test       a test of a person whose name is likely misspelt, or that stands twice\n"
    "  untested_rule   a rule that no test exercises\n"
    "  no_tests        a policy without a test\n"
    "  uncounted_file  a file beside the policy that is no part of it: its name does not end in .toml\n"
    "  inside, guard_test, redundant, rule_in_shadow, too_intricate   notes\n"
    "Exit codes: 0 good; 1 errors, failed tests, or with --strict warnings; 2 wrong usage.";

constexpr const char* kTestHelp =
    "  sallyportctl policy test\n"
    "  sallyportctl policy test --tap ./policy.d           # for a CI that reads TAP\n"
    "Each destination in `can` and `cannot` is one test point. Exit codes: 0 all hold; 1 some do not; 2 wrong usage.";

void add_directory(Command verb, std::string& directory) {
  verb.add_option("DIR", directory, "Directory of *.toml; default: that of the gateway's configuration");
}

void add_explain(Command noun, Ctl& ctl) {
  const auto options = std::make_shared<ExplainOptions>();
  const auto verb = add_verb<ExplainOptions>(
      noun, ctl, "explain", "Say whether somebody reaches a place, and which rule decides",
      "  sallyportctl policy explain --as ana@example.com --device ana-laptop --to 10.20.4.10:22\n"
      "  sallyportctl policy explain --as bo@example.com --to 10.20.4.10:53/udp --from 198.51.100.7\n"
      "  sallyportctl policy explain --as bo@example.com --to '[fd00:20::5]:443' --at 2026-11-21T20:00:00Z\n"
      "  sallyportctl policy explain --as ana@example.com --to prod:443/tcp --posture healthy --proof 2h\n"
      "Says the smallest change that would turn the answer. --posture none is a device that fails every check. Asks\n"
      "the running gateway; with --dir, or when none runs, the files. Exit codes: 0 for allow and for deny; 1 failed; "
      "2 wrong usage; 4 not permitted.",
      options, explain_policy);
  verb.add_option("--as", options->user, "E-mail address of the person").required();
  verb.add_option("--device", options->device, "Name of the device; default: unknown");
  verb.add_option("--to", options->to, "ADDRESS:PORT, ADDRESS:PORT/udp, ADDRESS/icmp or RESOURCE:PORT").required();
  verb.add_option("--from", options->from, "Where the laptop connects from; default: as the live session, or unknown");
  verb.add_option("--at", options->at, "When, in UTC; default: now");
  verb.add_option("--posture", options->posture, "Assume that the device satisfies these checks and no other, or none")
      .delimiter(',');
  verb.add_option("--proof", options->proof, "Assume that the person proved presence so long ago: 2h");
  verb.add_option("--key", options->key, "Assume that the device key was proved so long ago");
  verb.add_option("--revocation", options->revocation, "Assume that the revocation list was issued so long ago");
  verb.add_option("--dir", options->files.directory, "Judge the files in this directory");
}

void add_who(Command noun, Ctl& ctl) {
  const auto options = std::make_shared<WhoOptions>();
  const auto verb = add_verb<WhoOptions>(
      noun, ctl, "who", "List everybody who reaches a place, by which rule and under which conditions",
      "  sallyportctl policy who 10.20.4.10:22\n"
      "  sallyportctl policy who prod:443/tcp --at 2026-11-21T20:00:00Z\n"
      "Conditions are listed, not assumed. Names the devices of each person as far as the gateway's records are here.\n"
      "Exit codes: 0 answered, also when nobody does; 1 failed; 2 wrong usage.",
      options, who_reaches_target);
  verb.add_option("TO", options->to, "ADDRESS:PORT, ADDRESS/icmp or RESOURCE:PORT").required();
  verb.add_option("--at", options->at, "As at this moment, in UTC; default: hours and dates are listed as conditions");
  verb.add_option("--dir", options->files.directory, "Judge the files in this directory");
}

void add_diff(Command noun, Ctl& ctl) {
  const auto options = std::make_shared<DiffOptions>();
  const auto verb = add_verb<DiffOptions>(
      noun, ctl, "diff", "Say what a change of policy means: who gains or loses what, and when",
      "  sallyportctl policy diff ./policy.d                 # against the one that is configured\n"
      "  sallyportctl policy diff ./old.d ./new.d\n"
      "  sallyportctl policy diff --exit-code ./old.d ./new.d\n"
      "Exact: what is not listed does not change. Rules in shadow and times gone by do not count. With one\n"
      "directory the running gateway also counts the live flows that would be cut.\n"
      "Exit codes: 0 compared; 1 failed, or with --exit-code different; 2 wrong usage.",
      options, diff_policies);
  verb.add_option("OLD", options->before, "Directory of the old policy, or the only one: of the new").required();
  verb.add_option("NEW", options->after, "Directory of the new policy");
  verb.add_flag("--exit-code", options->exit_code, "Exit with 1 when the policies differ in meaning");
}

}  // namespace

std::optional<GatewayConfig> policy_config(Ctl& ctl, const char* otherwise) {
  std::error_code ignored;
  if (std::filesystem::exists(ctl.config_path, ignored)) return ctl.config();
  ctl.console.fail(CtlExit::Failed,
                   "there is no " + escape_untrusted(ctl.config_path) + " on this machine to say where the policy is",
                   otherwise);
  return std::nullopt;
}

std::optional<std::string> policy_directory(Ctl& ctl, const PolicyOptions& options, const char* otherwise) {
  const auto& directory = options.directory;
  if (directory.empty()) {
    const auto config = policy_config(ctl, otherwise);
    return config ? std::optional{config->policy_directory} : std::nullopt;
  }
  std::error_code ignored;
  if (std::filesystem::is_directory(directory, ignored)) return directory;
  const auto shown = escape_untrusted(directory);
  if (std::filesystem::exists(directory, ignored)) {
    const auto parent = std::filesystem::path{directory}.parent_path().string();
    ctl.console.fail(CtlExit::Failed, shown + " is a file, not a directory",
                     "a policy is all *.toml of a directory: give the one that holds it, " +
                         (parent.empty() ? std::string{"."} : escape_untrusted(parent)));
  } else {
    ctl.console.fail(CtlExit::Failed, "there is no directory " + shown,
                     "correct the path, or leave it out for the policy of this gateway");
  }
  return std::nullopt;
}

std::optional<AskedPolicy> load_asked(Ctl& ctl, const std::string& directory) {
  warn_of_uncounted_files(ctl, directory);
  auto loaded = read_policy(directory);
  if (!loaded) {
    ctl.console.fail(CtlExit::Failed, "the policy in " + directory + " cannot be used", loaded.error());
    return std::nullopt;
  }
  std::set<std::uint32_t> failed;
  for (const auto& result : run_expectations(*loaded->policy)) {
    if (result.failure) failed.insert(result.test);
  }
  if (!failed.empty()) {
    ctl.console.note(fmt::format(
        "{} of {} in {} {}: a gateway would not take this policy "
        "(sallyportctl policy test {})\n",
        failed.size(), counted(loaded->tests, "test"), directory, failed.size() == 1 ? "fails" : "fail", directory));
  }
  return AskedPolicy{std::move(*loaded), failed.size()};
}

void add_policy_commands(Command app, Ctl& ctl) {
  const auto noun = app.add_noun("policy", "Who may reach what");
  const auto check = std::make_shared<CheckOptions>();
  const auto check_verb =
      add_verb<CheckOptions>(noun, ctl, "check", "Read the policy, run its tests and say what is likely not meant",
                             kCheckHelp, check, check_policy);
  add_directory(check_verb, check->files.directory);
  check_verb.add_flag("--strict", check->strict, "Fail on warnings");
  const auto test = std::make_shared<TestOptions>();
  const auto test_verb = add_verb<TestOptions>(noun, ctl, "test", "Run the tests that are written in the policy",
                                               kTestHelp, test, test_policy);
  add_directory(test_verb, test->files.directory);
  test_verb.add_flag("--tap", test->tap, "Answer in the Test Anything Protocol, version 14");
  add_explain(noun, ctl);
  add_who(noun, ctl);
  add_diff(noun, ctl);
  add_policy_report(noun, ctl);
  add_policy_change_commands(noun, ctl);
  add_policy_replay(noun, ctl);
}

}  // namespace sallyport
