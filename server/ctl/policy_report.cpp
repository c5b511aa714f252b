#include "server/policy/report/policy_report.hpp"

#include "server/ctl/command_line.hpp"
#include "server/ctl/page_file.hpp"
#include "server/ctl/policy_commands.hpp"
#include "server/ctl/readable.hpp"
#include "server/policy/loader.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

struct ReportOptions {
  PolicyOptions files;
  std::string html;
};

constexpr const char* kStandardOutput = "-";

CtlExit write_page(Ctl& ctl, const PolicyReport& report, const std::string& path) {
  if (path == kStandardOutput) {
    ctl.console.data(to_html(report));
    return CtlExit::Ok;
  }
  if (const auto written = write_page_file(path, to_html(report)); !written)
    return ctl.console.fail(CtlExit::Failed, to_string(written.error()));
  ctl.console.say(fmt::format("Wrote {}: {}, {}, policy {}\n", path, counted(report.policy->rules().size(), "rule"),
                              counted(report.document().tests.size(), "test"), report.policy->hash()));
  return CtlExit::Ok;
}

CtlExit run_report(Ctl& ctl, const ReportOptions& options) {
  if (options.html.empty() && !ctl.console.json())
    return ctl.console.fail(CtlExit::Usage, "say where the page goes",
                            "sallyportctl policy report --html policy.html, or --json for the data");
  if (options.html == kStandardOutput && ctl.console.json())
    return ctl.console.fail(CtlExit::Usage, "--html - and --json both want standard output",
                            "name a file for the page: --html policy.html --json");
  const auto directory = policy_directory(ctl, options.files);
  if (!directory) return CtlExit::Failed;
  warn_of_uncounted_files(ctl, *directory);
  const auto loaded = read_policy(*directory);
  if (!loaded) return ctl.console.fail(CtlExit::Failed, "the policy cannot be read", loaded.error());
  const auto report = make_report(loaded->policy, *directory, loaded->files, ctl.now);
  if (!options.html.empty()) {
    if (const auto done = write_page(ctl, report, options.html); done != CtlExit::Ok) return done;
  }
  const auto failed = report.failed_expectations();
  if (failed != 0) {
    ctl.console.note(fmt::format("{} of its tests {} not hold; a gateway refuses this policy.\n",
                                 counted(failed, "expectation"), failed == 1 ? "does" : "do"));
  }
  if (ctl.console.json()) {
    auto document = to_json(report);
    document["html"] = options.html.empty() ? nlohmann::json(nullptr) : nlohmann::json(options.html);
    document["ok"] = failed == 0;
    ctl.console.document(std::move(document));
  }
  return failed == 0 ? CtlExit::Ok : CtlExit::Failed;
}

}  // namespace

void add_policy_report(Command noun, Ctl& ctl) {
  const auto options = std::make_shared<ReportOptions>();
  const auto verb = add_verb<ReportOptions>(
      noun, ctl, "report", "Show on one page who reaches what, by which rules and tested how",
      "  sallyportctl policy report --html policy.html\n"
      "  sallyportctl policy report --html policy.html ./policy.d\n"
      "  sallyportctl policy report --html - | gzip >policy.html.gz\n"
      "  sallyportctl policy report --json ./policy.d\n"
      "The page needs no network and no script; print it or mail it. It names people and addresses: treat it as the\n"
      "policy itself; a new page is readable by its owner alone. Exits with 1 when the policy cannot be read or a test "
      "of it fails; failing tests are on the "
      "page.",
      options, run_report);
  verb.add_option("--html", options->html, "File to write the page to; - is standard output");
  verb.add_option("DIR", options->files.directory, "Directory of *.toml; default: that of the gateway's configuration");
}

}  // namespace sallyport
