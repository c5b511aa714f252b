#include "common/base/descriptor_limit.hpp"
#include "common/base/diagnostic_line.hpp"
#include "common/base/private_memory.hpp"
#include "common/base/turns.hpp"
#include "common/base/version.hpp"
#include "common/cli/usage.hpp"
#include "common/log/log.hpp"
#include "common/log/service.hpp"
#include "common/uv/loop.hpp"
#include "common/uv/signal.hpp"
#include "server/config/config_reference.hpp"
#include "server/gateway/admin_desk.hpp"
#include "server/gateway/connection_room.hpp"
#include "server/gateway/gateway.hpp"
#include "server/gateway/listen_queue.hpp"
#include "server/policy/uncounted_files.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace sallyport {
namespace {

constexpr int kOk = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kBadConfiguration = 78;

constexpr const char* kFooter = R"(Examples:
  sallyport-gateway --check                 say what is wrong with configuration, policy and certificates
  sallyport-gateway --keys | grep sessions   what may stand in gateway.toml, and what holds without it
  sallyport-gateway --config ./gateway.toml run in the foreground
  kill -HUP PID, or: sallyportctl reload    read all files again; wrong ones change nothing

Exit codes: 0 stopped as asked, 1 failed, 2 wrong usage, 78 configuration, policy or certificates are wrong.)";

struct Arguments {
  std::string config = kDefaultGatewayConfigPath;
  bool check = false;
  bool keys = false;
  unsigned allow_stranding = 0;
};

std::string counted(std::size_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

WallTime wall_now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

/// Devices that a start would lock out, where there are records of any.
std::optional<Diagnostic> strands(const Arguments& arguments, const Startup& startup) {
  if (::access(startup.config.database().c_str(), F_OK) != 0) return std::nullopt;
  auto store = Store::open(startup.config.database());
  if (!store) return Diagnostic{.file = startup.config.database(), .message = store.error().words, .hint = {}};
  const auto limit = std::max(startup.config.strand_limit, arguments.allow_stranding);
  return stranding_at_start(*store, startup.trust, limit, arguments.config, wall_now());
}

int check(const Arguments& arguments, const Startup& startup) {
  if (const auto refusal = strands(arguments, startup)) {
    fmt::print(stderr, "{}\n", to_string(*refusal));
    return kBadConfiguration;
  }
  const auto& path = arguments.config;
  const LoadedPolicy& policy = startup.policy.policy.policy;
  fmt::print("{}: configuration, certificates and policy are good ({}, {} passed)\n", path,
             counted(policy.policy->rules().size(), "rule"), counted(policy.tests, "test"));
  if (startup.policy.source.version) {
    fmt::print("{}: version {} of the history would run\n", why_not_the_directory(startup.policy.source.choice),
               to_string(*startup.policy.source.version));
  }
  if (!startup.policy.damage.empty())
    fmt::print(stderr, "warning: a part of the policy's history cannot be used: {}\n", startup.policy.damage);
  for (const auto& each : startup.policy.uncounted) fmt::print(stderr, "{}\n", to_warning(each));
  if (policy.is_empty()) fmt::print("the policy is empty: nobody may reach anything\n");
  if (const auto problem = startup.trust.bundle->problem_at(wall_now())) {
    fmt::print(stderr, "{}: error: {}\n", startup.config.crl, problem->words);
    return kBadConfiguration;
  }
  for (const auto& authority : startup.trust.bundle->authorities()) {
    if (const auto problem = startup.trust.bundle->problem_of(authority, wall_now()))
      fmt::print(stderr, "warning: its devices are refused: {}\n", problem->words);
  }
  for (const auto& fault : startup.trust.bundle->faults())
    fmt::print(stderr, "warning: {}: a revocation list is not used: {}\n", fault.origin, fault.error.words);
  if (const auto queue = short_queue_here()) fmt::print(stderr, "warning: {}\n", queue->words);
  return kOk;
}

std::string status_line(const GatewayView& gateway) {
  return fmt::format("{} sessions, policy {}", gateway.registry.size(), gateway.snapshot.policy.policy->hash());
}

void reload_on_signal(ReloadDesk& reload, const GatewayView& gateway, Log& log) {
  notify_reloading();
  const auto result = reload.reload("signal", std::nullopt, [&gateway, &log](std::size_t ended, ReloadedPolicy policy) {
    const bool is_whole = policy == ReloadedPolicy::InForce;
    log.event(is_whole ? Level::Notice : Level::Warning, "reload.done",
              is_whole ? "the new files are in force" : "the new files are in force, but for the policy",
              {{"sessions_ended", ended}, {"policy", name_of(policy)}});
    notify_ready(status_line(gateway));
  });
  if (result) return;
  log.event(Level::Error, "reload.refused", to_line(result.error()));
  notify_ready(status_line(gateway));
}

void provide_descriptors(const GatewayLimits& limits, Log& log) {
  const auto needed = descriptors_of(limits);
  const auto allowed = raise_descriptor_limit();
  if (allowed >= needed) return;
  log.event(Level::Warning, "descriptors.few",
            fmt::format("limits.sessions = {} needs {} descriptors, and this process may have {}: raise LimitNOFILE of "
                        "its unit, or lower limits.sessions",
                        limits.sessions, needed, allowed),
            {{"needed", needed}, {"allowed", allowed}});
}

int serve(const Arguments& arguments, Startup startup, Log& log) {
  // Evidence grows old while the machine is suspended, too.
  Loop loop{Suspension::Counts};
  provide_descriptors(startup.config.limits, log);
  const bool is_empty = startup.policy.policy.policy.is_empty();
  auto gateway = Gateway::start(loop, arguments.config, std::move(startup), log);
  if (!gateway) {
    log.event(Level::Error, "gateway.failed", gateway.error());
    return kFailed;
  }
  const GatewayView view = (*gateway)->view();
  const GatewayControls controls = (*gateway)->controls();
  auto metrics = MetricsDesk::open(loop, view, controls.orders, log);
  if (!metrics) {
    log.event(Level::Error, "gateway.failed", metrics.error());
    return kFailed;
  }
  auto desk = AdminDesk::open(loop, view, controls, **metrics, log);
  if (!desk) {
    log.event(Level::Error, "gateway.failed", desk.error().message);
    return kFailed;
  }
  if (const auto problem = view.snapshot.trust.bundle->problem_at(wall_now())) {
    log.event(Level::Error, "trust.stale", problem->words + "; nobody is let in until that is mended");
  }
  if (is_empty) log.event(Level::Warning, "policy.empty", "the policy is empty: nobody may reach anything");

  Signal hang_up{loop, SIGHUP, [&] { reload_on_signal(controls.reload, view, log); }};
  Signal user_1{loop, SIGUSR1, [&] { log.event(Level::Notice, "gateway.status", status_line(view)); }};
  const auto stop = [&] {
    notify_stopping();
    (*gateway)->stop();
  };
  Signal terminate{loop, SIGTERM, stop};
  Signal interrupt{loop, SIGINT, stop};
  Timer watchdog{loop, [&] {
                   notify_watchdog();
                   notify_status(status_line(view));
                   watchdog.arm(*watchdog_interval());
                 }};
  if (const auto interval = watchdog_interval()) watchdog.arm(*interval);

  log.event(Level::Notice, "gateway.ready", "the gateway accepts connections",
            {{"version", product_version()}, {"policy", view.snapshot.policy.policy->hash()}});
  notify_ready(status_line(view));
  // Its threads have begun and keep the usual ones.
  take_turns(Turns::Short);
  loop.run();
  // Its destructor would wait for a thread that never ends. What is on disk is as after a kill.
  if ((*gateway)->has_failed()) std::_Exit(kFailed);
  log.event(Level::Notice, "gateway.stopped", "the gateway stopped");
  return kOk;
}

int run(const Arguments& arguments) {
  if (arguments.keys) {
    fmt::print("{}", gateway_config_reference());
    return kOk;
  }
  Log log{standard_log_sink()};
  auto startup = load_startup(arguments.config, wall_now());
  if (!startup) {
    const auto words = to_string(startup.error().diagnostics);
    fmt::print(stderr, "{}", words);
    if (::geteuid() != 0 && words.find("Permission denied") != std::string::npos)
      fmt::print(stderr, "sallyport-gateway: some files are closed to this user; use sudo\n");
    return startup.error().may_pass ? kFailed : kBadConfiguration;
  }
  if (arguments.check) return check(arguments, *startup);
  startup->allow_stranding = arguments.allow_stranding;
  return serve(arguments, std::move(*startup), log);
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  using namespace sallyport;
  ignore_broken_pipes();
  keep_memory_private();
  Arguments arguments;
  CLI::App app{"Sallyport's gateway: the guarded way into the office network.", "sallyport-gateway"};
  app.footer(kFooter);
  app.add_option("--config", arguments.config, "configuration file")->capture_default_str();
  app.add_flag("--check", arguments.check, "check every file and exit");
  app.add_flag("--keys", arguments.keys, "print every key of the configuration file and exit");
  app.add_option("--allow-stranding", arguments.allow_stranding,
                 "let so many known devices be locked out, by --check and by the first lists that URLs send");
  app.set_version_flag("--version", "sallyport-gateway " + std::string{product_version()});
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    const auto fault = explain_usage(app, error, {argv + 1, argv + argc});
    fmt::print(stderr, "sallyport-gateway: {}\n  {}\n", fault.words, fault.hint);
    return kUsage;
  }
  return run(arguments);
}
