#include "common/base/file.hpp"
#include "common/base/text.hpp"
#include "server/authority/rotated_trust.hpp"
#include "server/ctl/command_line.hpp"
#include "server/ctl/open_records.hpp"
#include "server/ctl/readable.hpp"
#include "server/policy/age_limit.hpp"
#include "server/trust/forecast_document.hpp"
#include "server/trust/trust_files.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kNamed = 20;

struct ForecastOptions {
  std::string horizon = "30d";
};

void tell_ending(Ctl& ctl, const Ending& ending) {
  auto& console = ctl.console;
  const auto style = ending.at < ctl.now ? Style::Bad : ending.is_due ? Style::Warning : Style::Plain;
  console.say(console.styled(fmt::format("{}  {}", readable_date(ending.at, ctl.now), ending.what), style) + '\n');
  if (ending.devices.empty()) {
    console.say("  locks out  nobody who is known\n");
  } else {
    console.say(fmt::format(
        "  locks out  {} of {}: {}\n", counted(ending.devices.size(), "device"),
        ending.people.size() == 1 ? ending.people.front().text() : fmt::format("{} people", ending.people.size()),
        names_of(ending.devices, kNamed)));
  }
  console.say(fmt::format("  to do      {}\n", ending.remedy));
}

void tell(Ctl& ctl, const std::vector<Ending>& endings, std::chrono::seconds horizon) {
  const auto until = format_utc(ctl.now + horizon).substr(0, 10);
  if (endings.empty()) {
    return ctl.console.say(fmt::format("Nothing ends until {}: nobody will be locked out by a date.\n", until));
  }
  ctl.console.say(fmt::format("What ends until {}, and whom it locks out:\n\n", until));
  for (const auto& ending : endings) tell_ending(ctl, ending);
}

/// Null when the file cannot be read: then everything but the gateway's certificate is foretold, and that is said.
std::optional<CertificateInfo> gateway_certificate(Ctl& ctl, const GatewayConfig& config) {
  const auto rotation = load_rotation(config);
  const auto text = rotation ? read_file(gateway_certificate_file(config, *rotation)) : fail(rotation.error());
  auto certificates = text ? parse_certificates(*text) : fail(PkiError{PkiProblem::File, to_string(text.error())});
  if (certificates) return std::move(certificates->front());
  ctl.console.note("The gateway's certificate is left out: " + certificates.error().words + '\n');
  return std::nullopt;
}

CtlExit run_forecast(Ctl& ctl, const ForecastOptions& options) {
  const auto horizon = parse_age(options.horizon);
  if (!horizon) return ctl.console.fail(CtlExit::Usage, horizon.error());
  auto records = open_records(ctl);
  if (!records) return CtlExit::Failed;
  const auto bundle = load_trust_files(records->config, ctl.now);
  if (!bundle) {
    return ctl.console.fail(CtlExit::Failed, "whom the gateway trusts cannot be read: it lets nobody in",
                            bundle.error());
  }
  auto devices = records->store.devices();
  if (!devices) return ctl.console.fail(CtlExit::Failed, devices.error().words);
  for (const auto& fault : (*bundle)->faults())
    ctl.console.note(escape_untrusted(fault.origin) + ": a revocation list is not used: " + fault.error.words + '\n');
  const auto gateway = gateway_certificate(ctl, records->config);
  const ForecastInput input{.bundle = bundle->get(),
                            .gateway = gateway ? &*gateway : nullptr,
                            .gateway_name = records->config.name,
                            .devices = std::move(*devices),
                            .renews = records->config.enrolment.has_value()};
  const auto endings = forecast(input, ctl.now, *horizon);
  if (!ctl.console.json()) tell(ctl, endings, *horizon);
  Json list = Json::array();
  for (const auto& ending : endings) list.push_back(ending_document(ending, ctl.now, SIZE_MAX));
  ctl.console.document(
      {{"from", format_utc(ctl.now)}, {"until", format_utc(ctl.now + *horizon)}, {"endings", std::move(list)}});
  return CtlExit::Ok;
}

}  // namespace

void add_pki_commands(Command app, Ctl& ctl) {
  const auto noun = app.add_noun("pki", "Certificates and revocation lists of all authorities");
  const auto options = std::make_shared<ForecastOptions>();
  const auto verb = add_verb<ForecastOptions>(
      noun, ctl, "forecast", "List what will end, when, and whom that locks out",
      "  sallyportctl pki forecast\n"
      "  sallyportctl pki forecast 90d\n"
      "  sallyportctl pki forecast --json | jq '.endings[] | select(.due)'\n"
      "Devices by their newest certificate, this gateway, authorities and revocation lists, in order of time. Works\n"
      "with and without a running gateway, which warns by itself once a day. Exits with 0 whatever is to come.",
      options, run_forecast);
  verb.add_option("HORIZON", options->horizon, "How far to look: 30d, 12h").show_default();
}

}  // namespace sallyport
