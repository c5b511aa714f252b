#include "common/base/text.hpp"
#include "server/ctl/command_line.hpp"
#include "server/ctl/devices_commands.hpp"
#include "server/ctl/drill_identity.hpp"
#include "server/ctl/drill_outcome.hpp"
#include "server/ctl/drill_traffic.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/ctl/open_records.hpp"
#include "server/ctl/policy_change_text.hpp"
#include "server/policy/age_limit.hpp"
#include "server/store/address_pool.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <thread>

namespace sallyport {
namespace {

using Clock = std::chrono::steady_clock;

/// So many packets must have arrived before anything is revoked: silence proves nothing of a path that never worked.
constexpr std::uint64_t kEnough = 100;
constexpr auto kWarmUp = std::chrono::seconds{5};
/// Looked at after the session is closed: nothing may arrive here.
constexpr auto kAftermath = std::chrono::milliseconds{500};
constexpr auto kLook = std::chrono::milliseconds{5};
constexpr auto kPatience = std::chrono::seconds{10};
constexpr auto kLongestBar = std::chrono::seconds{20};

struct DrillOptions {
  std::string other;  ///< what somebody means to revoke
  bool drill = false;
  std::string within = "1s";
};

Result<std::chrono::milliseconds, std::string> bar_of(const std::string& text) {
  if (text.ends_with("ms")) {
    const auto count = parse_decimal(std::string_view{text}.substr(0, text.size() - 2), 20000);
    if (count && *count > 0) return std::chrono::milliseconds{*count};
    return fail(std::string{"--within: write it as 500ms or 1s"});
  }
  const auto age = parse_age(text);
  if (!age || *age > kLongestBar) return fail(std::string{"--within: from 1ms to 20s, like 500ms or 1s"});
  return std::chrono::milliseconds{*age};
}

template <class Done>
void wait_for(std::chrono::milliseconds limit, Done done) {
  for (const auto until = Clock::now() + limit; !done() && Clock::now() < until;) std::this_thread::sleep_for(kLook);
}

/// Lets the device in, on the running gateway, for as long as the stream lives.
Result<DaemonStream, LinkError> announce(const GatewayConfig& config, const DeviceId& device,
                                         const DrillTarget& target) {
  auto request = change_request("drill");
  request.update({{"v", 1}, {"device", device.text()}, {"port", target.port}});
  auto stream = open_gateway_stream(config, request);
  if (!stream) return stream;
  const auto line = stream->next(kPatience);
  if (line && *line && member_of(**line, "ok") == true) return stream;
  const auto words = line && *line ? text_of(**line, "error") : std::string{};
  return fail(LinkError{CtlExit::Failed,
                        words.empty() ? "the gateway does not answer" : words,
                        line && *line ? text_of(**line, "hint") : std::string{},
                        {}});
}

/// The error is words.
Result<DrillOutcome, std::string> revoke_under_load(const GatewayConfig& config, Store& store,
                                                    const DrillDevice& device, const DrillTarget& target,
                                                    std::chrono::milliseconds bar) {
  auto client = DrillClient::connect(config, device.context());
  if (!client) return fail("the drill's device did not get in: " + client.error().words);
  const auto source = client->address(target.address.is_v4());
  if (!source) return fail(std::string{"the drill's device got no inside address"});
  DrillTraffic traffic{std::move(*client), target, *source};
  wait_for(kWarmUp, [&] { return traffic.arrived() >= kEnough || traffic.is_closed(); });
  if (traffic.arrived() < kEnough) {
    return fail(
        fmt::format("only {} of its packets arrived at {}: does a firewall on this host drop UDP from the tunnel?",
                    traffic.arrived(), target.address.to_string()));
  }
  DrillOutcome outcome;
  outcome.asked = Clock::now();
  const auto revoked = revoke_on_record(config, store, device.id(),
                                        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  outcome.returned = Clock::now();
  wait_for(bar + kPatience, [&] { return traffic.is_closed(); });
  std::this_thread::sleep_for(kAftermath);
  outcome.figures = traffic.stop();
  if (!revoked) return fail(revoked.error());
  if (revoked->notice.error) return fail("the gateway did not confirm: " + revoked->notice.error->words);
  if (!revoked->list) return fail(revoked->list.error());
  const auto again = DrillClient::connect(config, device.context());
  if (!again && again.error().is_refused) outcome.refused_again = again.error().words;
  return outcome;
}

nlohmann::json document_of(const DrillOutcome& outcome, const DrillDevice& device, std::chrono::milliseconds bar,
                           bool passed) {
  const auto& figures = outcome.figures;
  const auto or_null = [&](const std::optional<TimePoint>& then) {
    return then ? nlohmann::json(since(outcome.asked, then)) : nlohmann::json(nullptr);
  };
  return {{"device", device.id().text()},
          {"passed", passed},
          {"within_ms", bar.count()},
          {"sent", figures.sent},
          {"arrived", figures.arrived},
          {"last_packet_ms", or_null(figures.last_arrival)},
          {"closed_ms", or_null(figures.closed)},
          {"command_ms", since(outcome.asked, outcome.returned)},
          {"reason", figures.reason},
          {"refused_again", !outcome.refused_again.empty()}};
}

void tell(Console& console, const DrillOutcome& outcome, const DrillDevice& device) {
  const auto& figures = outcome.figures;
  console.say(fmt::format("Device {} was connected, and {} of its packets arrived; then it was revoked.\n",
                          device.id().text(), figures.arrived));
  console.say(
      fmt::format("  last packet     {:.1f} ms after the command began\n", since(outcome.asked, figures.last_arrival)));
  console.say(figures.closed
                  ? fmt::format("  session closed  {:.1f} ms after ({})\n", since(outcome.asked, figures.closed),
                                figures.reason.empty() ? "without a reason" : figures.reason)
                  : std::string{"  session closed  not at all\n"});
  console.say(fmt::format("  command took    {:.1f} ms\n", since(outcome.asked, outcome.returned)));
  console.say("  a new session   " +
              (outcome.refused_again.empty() ? std::string{"was not refused"} : "refused: " + outcome.refused_again) +
              '\n');
}

CtlExit judge(Ctl& ctl, const DrillOutcome& outcome, const DrillDevice& device, std::chrono::milliseconds bar) {
  const bool passed = is_passed(outcome, bar);
  tell(ctl.console, outcome, device);
  auto document = document_of(outcome, device, bar, passed);
  if (passed) {
    ctl.console.say(fmt::format("Passed: within {} ms.\n", bar.count()));
    ctl.console.document(std::move(document));
    return CtlExit::Ok;
  }
  const std::string error = fmt::format("the drill failed: not cut off within {} ms", bar.count());
  if (!ctl.console.json())
    return ctl.console.fail(CtlExit::Failed, error, "see docs/revocation.md, \"When a drill fails\"");
  document.update({{"ok", false}, {"error", error}, {"hint", "see docs/revocation.md"}});
  ctl.console.document(std::move(document));
  return CtlExit::Failed;
}

CtlExit run_drill(Ctl& ctl, const DrillOptions& options) {
  if (!options.other.empty()) {
    const auto id = shell_word(escape_untrusted(options.other, 64));
    return ctl.console.fail(
        CtlExit::Usage, "nothing was revoked: this command only tries out how fast that is",
        "the device " + id + ": sallyportctl devices revoke " + id + "; a person: sallyportctl users disable USER");
  }
  if (!options.drill) {
    return ctl.console.fail(CtlExit::Usage, "say what to revoke",
                            "a device: sallyportctl devices revoke ID; to try it out: sallyportctl revoke --drill");
  }
  const auto bar = bar_of(options.within);
  if (!bar) return ctl.console.fail(CtlExit::Usage, bar.error());
  auto records = open_records(ctl);
  if (!records) return CtlExit::Failed;
  const auto& config = records->config;
  // Asked first, so that nothing is issued where nothing runs.
  if (const auto asked = ask_gateway(config, {{"do", "status"}}); !asked) return report(ctl.console, asked.error());
  const auto target = DrillTarget::open(AddressPool{config.pool.prefixes().front()}.gateway());
  if (!target) return ctl.console.fail(CtlExit::Failed, target.error(), "run it on the gateway's host, as root");
  const auto device = DrillDevice::issue(config, records->store, ctl.now);
  if (!device) return ctl.console.fail(CtlExit::Failed, device.error());
  const auto stream = announce(config, device->id(), *target);
  if (!stream) return report(ctl.console, stream.error());
  const auto outcome = revoke_under_load(config, records->store, *device, *target, *bar);
  if (!outcome) return ctl.console.fail(CtlExit::Failed, "the drill could not be carried out: " + outcome.error());
  return judge(ctl, *outcome, *device, *bar);
}

}  // namespace

void add_drill_command(Command app, Ctl& ctl) {
  const auto options = std::make_shared<DrillOptions>();
  const auto verb = add_verb<DrillOptions>(
      app, ctl, "revoke", "Try out on the running gateway how fast a revocation is",
      "  sallyportctl revoke --drill\n"
      "  sallyportctl revoke --drill --within 500ms --json\n"
      "Makes a device for this alone, connects as it, sends packets without a pause, revokes it, and measures until "
      "the\n"
      "last packet arrived and the session was closed. Nobody else is disturbed; the device reaches one port of this\n"
      "gateway, and is gone afterwards, even when this command is killed.\n"
      "A laptop: sallyportctl devices revoke ID. A person: sallyportctl users disable USER.\n"
      "Exits with 0 when it took no longer than --within, else with 1; with 3 when no gateway is running.",
      options, run_drill);
  verb.add_option("ID", options->other, "Not here: sallyportctl devices revoke ID");
  verb.add_flag("--drill", options->drill, "Do it, with a device made for it");
  verb.add_option("--within", options->within, "The bar: 1ms to 20s").show_default();
}

}  // namespace sallyport
