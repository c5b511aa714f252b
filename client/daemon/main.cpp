#include "client/config/client_config_loader.hpp"
#include "client/daemon/control.hpp"
#include "client/daemon/instance_lock.hpp"
#include "client/linux/posture/linux_posture.hpp"
#include "client/linux/system_network.hpp"
#include "common/base/private_memory.hpp"
#include "common/base/version.hpp"
#include "common/log/service.hpp"
#include "common/tls/library.hpp"
#include "common/tls/rehearsal.hpp"
#include "common/uv/signal.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string_view>

namespace sallyport {
namespace {

constexpr int kOk = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kTryLater = 75;
constexpr int kBadConfiguration = 78;

constexpr const char* kFooter = R"(People use it through: sallyport up, sallyport status, sallyport why HOST:PORT

Examples:
  sallyportd --check                   say what is wrong with the configuration
  sallyportd --config ./client.toml    run in the foreground
  sallyportd --cleanup                 undo the network changes of a daemon that was killed
  kill -HUP PID                        read profiles again; wrong ones change nothing

Exit codes: 0 stopped as asked, 1 failed, 2 wrong usage, 75 another one runs, 78 the configuration is wrong.)";

struct Arguments {
  std::string config{kDefaultClientConfig};
  bool check = false;
  bool cleanup = false;
};

int refuse(const std::string& words, int code) {
  fmt::print(stderr, "sallyportd: {}\n", words);
  return code;
}

Access access_rules() {
  return Access{::geteuid(), [](uid_t uid) {
                  // Looked up each time: a person who leaves the group loses the tunnel's controls at once.
                  const auto group = user_group();
                  return group && is_member(uid, *group);
                }};
}

/// Undoes what an earlier run that was killed left in the network.
Result<void, std::string> recover(JournalledNetwork& network, Log& log) {
  if (!network.has_leftovers()) return {};
  if (const auto undone = network.undo_all(); !undone) return fail("cannot clean up: " + undone.error().message);
  log.event(Level::Notice, "network.recovered", "undid the network changes of an earlier run");
  return {};
}

void reload(const Arguments& arguments, Control& control, Log& log) {
  notify_reloading();
  auto config = load_client_config(arguments.config);
  if (config) {
    control.replace_profiles(std::move(*config));
    log.event(Level::Notice, "reload.done", "the new profiles count from the next connection on");
  } else {
    log.event(Level::Error, "reload.refused", to_string(config.error()));
  }
  notify_ready(control.summary());
}

int serve(const Arguments& arguments, ClientConfig config, JournalledNetwork network, Log& log) {
  Loop loop;
  (void)rehearse_handshake(loop.now().wall);
  Control control{loop,
                  log,
                  std::move(config),
                  access_rules(),
                  std::move(network),
                  std::make_shared<const LinuxPosture>(),
                  std::random_device{}()};
  if (const auto listening = control.listen(); !listening) return refuse(listening.error().message, kFailed);

  int code = kOk;
  const auto stop = [&] {
    notify_stopping();
    if (!control.stop()) code = kFailed;
    loop.stop();
  };
  Signal terminate{loop, SIGTERM, stop};
  Signal interrupt{loop, SIGINT, stop};
  Signal hang_up{loop, SIGHUP, [&] { reload(arguments, control, log); }};
  Timer watchdog{loop, [&] {
                   notify_watchdog();
                   notify_status(control.summary());
                   watchdog.arm(*watchdog_interval());
                 }};
  if (const auto interval = watchdog_interval()) watchdog.arm(*interval);

  log.event(Level::Notice, "client.ready", "the client service waits for: sallyport up",
            {{"version", product_version()}, {"record_cipher", record_cipher_name()}});
  notify_ready(control.summary());
  loop.run();
  log.event(Level::Notice, "client.stopped", "the client service stopped");
  return code;
}

/// After a crash the interface and its routes stay, so that protected traffic waits for the next start instead of
/// leaving in clear. The service manager says how the service ended (systemd.exec(5), SERVICE_RESULT).
bool must_stay_closed() {
  const char* result = std::getenv("SERVICE_RESULT");
  return result != nullptr && std::string_view{result} != "success";
}

int run(const Arguments& arguments) {
  auto config = load_client_config(arguments.config);
  if (!config) {
    fmt::print(stderr, "{}", to_string(config.error()));
    return kBadConfiguration;
  }
  if (arguments.check) {
    fmt::print("{}: good, {} profiles\n", arguments.config, config->profiles.size());
    return kOk;
  }
  if (const auto made = make_directories(config->state, 0700); !made) return refuse(to_string(made.error()), kFailed);
  if (const auto made = make_directories(config->runtime, 0755); !made) return refuse(to_string(made.error()), kFailed);
  if (arguments.cleanup && must_stay_closed()) return kOk;
  const auto lock = InstanceLock::take(config->lock_path());
  if (!lock) return refuse(to_string(lock.error()), kTryLater);
  auto journal = Journal::load(config->journal_path());
  if (!journal) return refuse(to_string(journal.error()), kFailed);
  auto system = NetworkConfig::open();
  if (!system) return refuse(system.error().message, kFailed);
  SystemNetwork changer{std::move(*system)};
  JournalledNetwork network{std::move(*journal), changer};
  Log log{standard_log_sink()};
  if (const auto clean = recover(network, log); !clean) return refuse(clean.error(), kFailed);
  if (arguments.cleanup) return kOk;
  return serve(arguments, std::move(*config), std::move(network), log);
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  using namespace sallyport;
  ignore_broken_pipes();
  keep_memory_private();
  ::umask(0077);
  Arguments arguments;
  CLI::App app{"Sallyport's client service: keeps this laptop's tunnel to the office.", "sallyportd"};
  app.footer(kFooter);
  app.add_option("--config", arguments.config, "configuration file")->capture_default_str();
  app.add_flag("--check", arguments.check, "check the configuration and exit");
  app.add_flag("--cleanup", arguments.cleanup, "undo leftovers of an earlier run and exit");
  app.set_version_flag("--version", "sallyportd " + std::string{product_version()});
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  return run(arguments);
}
