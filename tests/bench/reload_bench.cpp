// How long a reload of a large policy keeps packets waiting at a real worker. Run by tests/bench/reload.
//
//   reload_bench RELOADS [among-others]       prints one line of JSON

#include "server/policy/loader.hpp"
#include "tests/bench/packet_probe.hpp"
#include "tests/bench/standstill.hpp"
#include "tests/support/large_policy.hpp"
#include "tests/support/live_worker.hpp"
#include "tests/unit/server/policy/printer.hpp"

#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <thread>

namespace sallyport {
namespace {

using namespace test;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

constexpr unsigned kOtherSessions = 100;
constexpr std::size_t kFiles = 32;
/// Sessions are told of their new routes, and the old policy goes, after the new one is in force.
constexpr std::chrono::milliseconds kAftermath{500};

/// Packets, not the machine's other work, are what is measured. False where that is not permitted.
bool run_ahead_of_others(bool ahead) {
  sched_param parameters{};
  parameters.sched_priority = ahead ? 1 : 0;
  return ::sched_setscheduler(0, ahead ? SCHED_FIFO : SCHED_OTHER, &parameters) == 0;
}

/// The policy of the bars, for everybody, with one more host behind the tunnel; `extra` tells two versions apart.
std::vector<PolicyFile> large_files(const char* extra) {
  auto document = large_policy({});
  document.groups[0].members = {NameUse{"everyone", {}}};
  document.resources.push_back({"probe", {}, {*IpPrefix::parse("10.20.0.1")}, {*parse_service("7/udp")}, {}});
  document.resources.push_back({"extra", {}, {*IpPrefix::parse(extra)}, {*parse_service("7/udp")}, {}});
  for (const auto* name : {"probe", "extra"}) {
    PolicyRule rule;
    rule.kind = RuleKind::Allow;
    rule.name = name;
    rule.who = {NameUse{"everyone", {}}};
    rule.to = {NameUse{name, {}}};
    document.rules.push_back(std::move(rule));
  }
  return print_policy_files(document, kFiles, 1);
}

using TwoPolicies = std::array<std::vector<PolicyFile>, 2>;

std::shared_ptr<const Policy> load(const std::vector<PolicyFile>& files) {
  auto loaded = load_policy_texts(files);
  if (loaded) return loaded->policy;
  std::fprintf(stderr, "reload_bench: %s\n", to_string(loaded.error()).substr(0, 2000).c_str());
  std::exit(1);
}

/// Another process that takes the same policies as the gateway does, and has no packets: what a reload costs the
/// machine, without a worker in the same process. Made before there are threads.
class Elsewhere {
 public:
  explicit Elsewhere(const TwoPolicies& files) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) std::abort();
    ours_ = FileDescriptor{ends[0]};
    const FileDescriptor theirs{ends[1]};
    child_ = ::fork();
    if (child_ != 0) return;
    ours_.reset();
    serve(files, theirs.get());
    ::_exit(0);
  }
  ~Elsewhere() {
    ours_.reset();
    (void)::waitpid(child_, nullptr, 0);
  }
  Elsewhere(const Elsewhere&) = delete;
  Elsewhere& operator=(const Elsewhere&) = delete;

  void reload(unsigned number) {
    const char version = static_cast<char>(number % 2);
    char answer = 0;
    if (::write(ours_.get(), &version, 1) != 1 || ::read(ours_.get(), &answer, 1) != 1) std::abort();
  }

 private:
  static void serve(const TwoPolicies& files, int socket) {
    std::shared_ptr<const Policy> policy;
    std::shared_ptr<const Rights> rights;
    char version = 0;
    while (::read(socket, &version, 1) == 1) {
      policy = load(files[static_cast<std::size_t>(version)]);
      const auto old = std::exchange(rights, policy->rights_for(known_person(0, wall_now()), wall_now()));
      (void)rights->routes(wall_now());
      if (::write(socket, &version, 1) != 1) return;
    }
  }

  FileDescriptor ours_;
  pid_t child_ = -1;
};

double resident_mib() {
  std::size_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages >> pages;
  return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1U << 20U);
}

/// Rows of one kind of work, each with what it cost packets.
class Series {
 public:
  Series(PacketProbe& probe, Standstill& standstill) : probe_{probe}, standstill_{standstill} {}

  template <class Work>
  void measure(Work work) {
    (void)standstill_.take();
    Clock::duration took{};
    const auto waits = probe_.during([&] {
      const auto start = Clock::now();
      work();
      took = Clock::now() - start;
      std::this_thread::sleep_for(kAftermath);
    });
    const auto stood = standstill_.take();
    rows_.push_back({{"took_ms", std::chrono::duration<double, std::milli>{took}.count()},
                     {"gap_ms", waits.gap},
                     {"sender_ms", waits.sender},
                     {"gateway_ms", waits.gateway},
                     {"receiver_ms", waits.receiver},
                     {"one_still_ms", stood ? Json(stood->one) : Json(nullptr)},
                     {"standstill_ms", stood ? Json(stood->both) : Json(nullptr)},
                     {"resident_mib", resident_mib()},
                     {"packets", waits.packets}});
  }
  [[nodiscard]] const Json& rows() const noexcept { return rows_; }

 private:
  PacketProbe& probe_;
  Standstill& standstill_;
  Json rows_ = Json::array();
};

int run(unsigned reloads, bool among_others) {
  const TwoPolicies files{large_files("10.20.0.200"), large_files("10.20.0.201")};
  Elsewhere elsewhere{files};
  const auto first = load(files[0]);
  const bool ahead = !among_others && run_ahead_of_others(true);
  LiveWorker worker{first};
  auto client = worker.connect();
  std::vector<std::unique_ptr<LiveClient>> others;
  for (unsigned i = 0; i < kOtherSessions; ++i) others.push_back(worker.connect());
  PacketProbe probe{*client};
  (void)run_ahead_of_others(false);
  Standstill standstill;
  Series reloading{probe, standstill};
  Series without{probe, standstill};
  Series idle{probe, standstill};
  elsewhere.reload(0);
  for (unsigned i = 1; i <= reloads; ++i) {
    reloading.measure([&] { worker.replace_policy(load(files[i % 2])); });
    for (auto& other : others) other->drain();
    without.measure([&] { elsewhere.reload(i); });
    idle.measure([] {});
  }
  std::printf("%s\n", Json{{"v", 2},
                           {"reload", reloading.rows()},
                           {"elsewhere", without.rows()},
                           {"idle", idle.rows()},
                           {"sessions", kOtherSessions + 1},
                           {"ahead_of_others", ahead}}
                          .dump()
                          .c_str());
  return 0;
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  const bool among_others = argc > 2 && std::string_view{argv[2]} == "among-others";
  return sallyport::run(argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 5, among_others);
}
