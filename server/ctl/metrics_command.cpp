#include "common/base/file.hpp"
#include "server/ctl/command_line.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/metrics/exposition.hpp"
#include "server/metrics/metric.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

/// There are no names in it, and the collector is another user.
constexpr mode_t kPageMode = 0644;

struct MetricsOptions {
  std::string output;
  bool reference = false;
};

/// Exit code 1, whatever happened before, when not even that can be written.
CtlExit write_page(Ctl& ctl, const std::string& path, std::string_view page, CtlExit code) {
  const auto written = write_file_atomically(path, page, kPageMode);
  if (!written) return ctl.console.fail(CtlExit::Failed, to_string(written.error()));
  return code;
}

/// A file from before would go on saying that all is well.
CtlExit report_absence(Ctl& ctl, const MetricsOptions& options, const LinkError& error) {
  const auto code = report(ctl.console, error);
  return options.output.empty() ? code : write_page(ctl, options.output, absent_gateway_page(), code);
}

CtlExit run_metrics(Ctl& ctl, const MetricsOptions& options) {
  if (options.reference) {
    ctl.console.say(metric_reference());
    ctl.console.document({{"content_type", "text/markdown"}, {"page", metric_reference()}});
    return CtlExit::Ok;
  }
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  const auto answer = ask_gateway(*config, {{"do", "metrics"}});
  if (!answer) return report_absence(ctl, options, answer.error());
  const auto page = text_of(*answer, "page");
  if (options.output.empty()) {
    ctl.console.say(page);
    ctl.console.document(*answer);
    return CtlExit::Ok;
  }
  const auto code = write_page(ctl, options.output, page, CtlExit::Ok);
  if (code == CtlExit::Ok) ctl.console.document({{"file", options.output}});
  return code;
}

}  // namespace

void add_metrics_command(Command app, Ctl& ctl) {
  const auto options = std::make_shared<MetricsOptions>();
  const auto verb = add_verb<MetricsOptions>(
      app, ctl, "metrics", "Print the running gateway's metrics for a monitoring system",
      "  sallyportctl metrics\n"
      "  sallyportctl metrics --output /var/lib/prometheus/node-exporter/sallyport.prom\n"
      "  sallyportctl metrics --reference\n"
      "The format is Prometheus's text format 0.0.4 (text/plain; version=0.0.4; charset=utf-8), which Prometheus and\n"
      "the text file collector of its node exporter read. There are no names of people or devices in it, and no\n"
      "addresses. --output replaces the file in one step; where no gateway answers, it says sallyport_up 0.\n"
      "To be scraped by HTTP instead: [metrics] listen in gateway.toml. All metrics, and rules for alerts:\n"
      "docs/metrics.md. Exits with 3 when no gateway is running.",
      options, run_metrics);
  verb.add_option("--output", options->output, "Write into this file instead, readable by all");
  verb.add_flag("--reference", options->reference, "Print what metrics there are; asks no gateway");
}

}  // namespace sallyport
