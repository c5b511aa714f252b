#include "server/ctl/policy_commands.hpp"

#include "server/ctl/command_line.hpp"
#include "server/ctl/policy_change_commands.hpp"
#include "server/ctl/readable.hpp"
#include "server/policy/loader.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>

namespace sallyport {
namespace {

nlohmann::json document_of(const LoadedPolicy& loaded, const std::string& directory) {
  return {{"directory", directory}, {"hash", loaded.policy->hash()}, {"rules", loaded.policy->rules().size()},
          {"files", loaded.files},  {"tests", loaded.tests},         {"empty", loaded.is_empty()}};
}

std::optional<LoadedPolicy> load(Ctl& ctl, const std::string& directory) {
  auto loaded = load_policy(directory);
  if (loaded) return std::move(*loaded);
  ctl.console.fail(
      CtlExit::Failed,
      fmt::format("{} in the policy; a gateway would keep the one it has", counted(loaded.error().size(), "error")),
      loaded.error());
  return std::nullopt;
}

CtlExit run_check(Ctl& ctl, const PolicyOptions& options) {
  const auto directory = policy_directory(ctl, options);
  if (!directory) return CtlExit::Failed;
  const auto loaded = load(ctl, *directory);
  if (!loaded) return CtlExit::Failed;
  ctl.console.say(fmt::format("The policy in {} is good: {} in {}, {} passed; {}\n", *directory,
                              counted(loaded->policy->rules().size(), "rule"), counted(loaded->files, "file"),
                              counted(loaded->tests, "test"), loaded->policy->hash()));
  if (loaded->is_empty()) ctl.console.note("It is empty: nobody reaches anything.\n");
  ctl.console.document(document_of(*loaded, *directory));
  return CtlExit::Ok;
}

CtlExit run_test(Ctl& ctl, const PolicyOptions& options) {
  const auto directory = policy_directory(ctl, options);
  if (!directory) return CtlExit::Failed;
  const auto loaded = load(ctl, *directory);
  if (!loaded) return CtlExit::Failed;
  ctl.console.say(fmt::format("{} passed\n", counted(loaded->tests, "test")));
  if (loaded->tests == 0) ctl.console.note("Add some: [[test]] with as, can and cannot.\n");
  ctl.console.document(document_of(*loaded, *directory));
  return CtlExit::Ok;
}

void add_directory(CLI::App& verb, const std::shared_ptr<PolicyOptions>& options) {
  verb.add_option("DIR", options->directory, "Directory of *.toml; default: that of the gateway's configuration");
}

void add_explain(CLI::App& noun, Ctl& ctl) {
  const auto options = std::make_shared<ExplainOptions>();
  auto& verb = add_verb<ExplainOptions>(
      noun, ctl, "explain", "Say whether somebody reaches a place, and which rule decides",
      "  sallyportctl policy explain --as ana@example.com --device ana-laptop --to 10.20.4.10:22\n"
      "  sallyportctl policy explain --as bo@example.com --to 10.20.4.10:53/udp --from 198.51.100.7\n"
      "  sallyportctl policy explain --as bo@example.com --to '[fd00:20::5]:443' --at 2026-11-21T20:00:00Z\n"
      "Asks the running gateway; with --dir, or when none runs, the files. Exits with 0 for allow and for deny.",
      options, explain_policy);
  verb.add_option("--as", options->user, "E-mail address of the person")->required();
  verb.add_option("--device", options->device, "Name of the device; default: unknown");
  verb.add_option("--to", options->to, "ADDRESS:PORT, ADDRESS:PORT/udp or ADDRESS/icmp")->required();
  verb.add_option("--from", options->from, "Where the laptop connects from; default: as the live session, or unknown");
  verb.add_option("--at", options->at, "When, in UTC; default: now");
  verb.add_option("--dir", options->files.directory, "Judge the files in this directory");
}

}  // namespace

std::optional<std::string> policy_directory(Ctl& ctl, const PolicyOptions& options) {
  if (options.directory.empty()) {
    const auto config = ctl.config();
    return config ? std::optional{config->policy_directory} : std::nullopt;
  }
  std::error_code ignored;
  if (std::filesystem::is_directory(options.directory, ignored)) return options.directory;
  ctl.console.fail(CtlExit::Failed, options.directory + " is not a directory");
  return std::nullopt;
}

void add_policy_commands(CLI::App& app, Ctl& ctl) {
  auto& noun = add_noun(app, "policy", "Who may reach what");
  const auto check = std::make_shared<PolicyOptions>();
  add_directory(add_verb<PolicyOptions>(noun, ctl, "check", "Read the policy and run its tests, changing nothing",
                                        "  sallyportctl policy check\n"
                                        "  sallyportctl policy check ./policy.d && sallyportctl reload",
                                        check, run_check),
                check);
  const auto test = std::make_shared<PolicyOptions>();
  add_directory(
      add_verb<PolicyOptions>(noun, ctl, "test", "Run the tests that are written in the policy",
                              "  sallyportctl policy test\n  sallyportctl policy test ./policy.d", test, run_test),
      test);
  add_explain(noun, ctl);
  add_policy_report(noun, ctl);
  add_policy_change_commands(noun, ctl);
  add_policy_replay(noun, ctl);
}

}  // namespace sallyport
