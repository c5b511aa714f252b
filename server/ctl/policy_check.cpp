#include "common/ipc/diagnostics_document.hpp"
#include "server/ctl/policy_commands.hpp"
#include "server/ctl/readable.hpp"
#include "server/policy/analysis/warnings.hpp"
#include "server/policy/diagnostic_list.hpp"
#include "server/policy/uncounted_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

namespace sallyport {
namespace {

Diagnostics failures_of(const std::vector<ExpectationResult>& results) {
  Diagnostics failures;
  for (const auto& result : results) {
    if (result.failure) failures.push_back(*result.failure);
  }
  sort_and_bound(failures);
  return failures;
}

/// "2 warnings, 1 note"; empty when there are none.
std::string counted_warnings(const PolicyWarnings& warnings) {
  const auto notes = std::count_if(warnings.begin(), warnings.end(), [](const auto& w) { return is_note(w.code); });
  const auto faults = static_cast<std::size_t>(warnings.size()) - static_cast<std::size_t>(notes);
  std::string text = faults == 0 ? std::string{} : counted(faults, "warning");
  if (notes != 0) text += (text.empty() ? "" : ", ") + counted(static_cast<std::size_t>(notes), "note");
  return text;
}

CtlExit refuse(Ctl& ctl, nlohmann::json document, const std::string& count) {
  const auto error = count + " in the policy, and --strict fails on warnings";
  if (!ctl.console.json()) return ctl.console.fail(CtlExit::Failed, error);
  document["ok"] = false;
  document["error"] = error;
  document["hint"] = "";
  ctl.console.document(std::move(document));
  return CtlExit::Failed;
}

PolicyWarnings uncounted_files(const std::string& directory) {
  PolicyWarnings warnings;
  for (auto& each : find_uncounted_files(directory)) warnings.push_back({WarningCode::UncountedFile, std::move(each)});
  return warnings;
}

/// With the files that do not count: what is missing may be in one of them.
CtlExit refuse_errors(Ctl& ctl, const Diagnostics& errors, const PolicyWarnings& uncounted) {
  const auto error =
      fmt::format("{} in the policy; a gateway would keep the one it has", counted(errors.size(), "error"));
  ctl.console.note(to_string(uncounted));
  if (!ctl.console.json()) return ctl.console.fail(CtlExit::Failed, error, errors);
  ctl.console.document({{"ok", false},
                        {"error", error},
                        {"hint", ""},
                        {"diagnostics", diagnostics_document(errors)},
                        {"warnings", to_json(uncounted)}});
  return CtlExit::Failed;
}

}  // namespace

void warn_of_uncounted_files(Ctl& ctl, const std::string& directory) {
  for (const auto& each : find_uncounted_files(directory)) ctl.console.note(to_warning(each) + '\n');
}

std::optional<LoadedPolicy> load_untested(Ctl& ctl, const std::string& directory) {
  auto loaded = read_policy(directory);
  if (loaded) return std::move(*loaded);
  (void)refuse_errors(ctl, loaded.error(), uncounted_files(directory));
  return std::nullopt;
}

nlohmann::json document_of(const LoadedPolicy& loaded, const std::string& directory) {
  return {{"directory", directory}, {"hash", loaded.policy->hash()}, {"rules", loaded.policy->rules().size()},
          {"files", loaded.files},  {"tests", loaded.tests},         {"empty", loaded.is_empty()}};
}

CtlExit check_policy(Ctl& ctl, const CheckOptions& options) {
  const auto directory = policy_directory(ctl, options.files);
  if (!directory) return CtlExit::Failed;
  const auto loaded = load_untested(ctl, *directory);
  if (!loaded) return CtlExit::Failed;
  const auto results = run_expectations(*loaded->policy);
  if (const auto failures = failures_of(results); !failures.empty())
    return refuse_errors(ctl, failures, uncounted_files(*directory));
  auto warnings = uncounted_files(*directory);
  const auto found = find_warnings(*loaded->policy, results, ctl.now);
  warnings.insert(warnings.end(), found.begin(), found.end());
  ctl.console.note(to_string(warnings));
  ctl.console.say(fmt::format("The policy in {} is good: {} in {}, {} passed; {}\n", *directory,
                              counted(loaded->policy->rules().size(), "rule"), counted(loaded->files, "file"),
                              counted(loaded->tests, "test"), loaded->policy->hash()));
  std::error_code ignored;
  const bool is_there = std::filesystem::exists(*directory, ignored);
  if (loaded->is_empty())
    ctl.console.note(is_there ? "It is empty: nobody reaches anything.\n"
                              : "There is no such directory, so it is empty: nobody reaches anything.\n");
  auto document = document_of(*loaded, *directory);
  document["warnings"] = to_json(warnings);
  const bool has_fault = std::any_of(warnings.begin(), warnings.end(), [](const auto& w) { return !is_note(w.code); });
  const auto count = counted_warnings(warnings);
  if (options.strict && has_fault) return refuse(ctl, std::move(document), count);
  if (!count.empty()) ctl.console.note(count + "; what they mean: sallyportctl policy check --help\n");
  ctl.console.document(std::move(document));
  return CtlExit::Ok;
}

}  // namespace sallyport
