// How long a reload of a large policy keeps packets waiting at a real worker. Run by tests/bench/reload.
//
//   reload_bench RELOADS       prints one line of JSON

#include "server/policy/loader.hpp"
#include "tests/support/large_policy.hpp"
#include "tests/support/live_worker.hpp"
#include "tests/support/packets.hpp"
#include "tests/unit/server/policy/printer.hpp"

#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace sallyport {
namespace {

using namespace test;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::microseconds kPace{250};
constexpr unsigned kOtherSessions = 100;
constexpr std::size_t kFiles = 32;

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

std::shared_ptr<const Policy> load(const std::vector<PolicyFile>& files) {
  auto loaded = load_policy_texts(files);
  if (loaded) return loaded->policy;
  std::fprintf(stderr, "reload_bench: %s\n", to_string(loaded.error()).substr(0, 2000).c_str());
  std::exit(1);
}

/// Packets at an even pace from a laptop to the office, and when each arrived.
class Probe {
 public:
  explicit Probe(LiveClient& client) : client_{client}, socket_{listen_at("10.20.0.1")} {
    sender_ = std::thread{[this] { send(); }};
    receiver_ = std::thread{[this] { receive(); }};
  }
  ~Probe() {
    over_ = true;
    sender_.join();
    receiver_.join();
  }

  struct Gap {
    double largest_ms = 0;
    std::size_t packets = 0;
  };
  /// Of the time in which `work` runs.
  template <class Work>
  Gap during(Work work) {
    largest_ = 0;
    const auto before = packets_.load();
    work();
    return {static_cast<double>(largest_.load()) / 1e6, packets_ - before};
  }

 private:
  void send() {
    const auto packet = test::packet(client_.address(), address("10.20.0.1"), udp(5000, 7, 4));
    for (auto due = Clock::now(); !over_; due = std::max(due + kPace, Clock::now() - kPace)) {
      std::this_thread::sleep_until(due);
      client_.send({packet});
    }
  }
  void receive() {
    auto last = Clock::now();
    std::array<std::byte, 64> data{};
    while (!over_) {
      pollfd readable{socket_.get(), POLLIN, 0};
      if (::poll(&readable, 1, 100) != 1) continue;
      while (::recv(socket_.get(), data.data(), data.size(), 0) > 0) {
        const auto now = Clock::now();
        largest_ = std::max<std::int64_t>(largest_, (now - last).count());
        last = now;
        ++packets_;
      }
    }
  }

  LiveClient& client_;
  FileDescriptor socket_;
  std::atomic<bool> over_{false};
  std::atomic<std::int64_t> largest_{0};
  std::atomic<std::size_t> packets_{0};
  std::thread sender_;
  std::thread receiver_;
};

/// Keeps a processor busy with nothing but counting: no memory, no lock, no system call but the clock.
void count_for(Clock::duration time) {
  const auto end = Clock::now() + time;
  volatile std::uint64_t counted = 0;
  while (Clock::now() < end) counted = counted + 1;
}

/// Takes fresh memory, touches it and gives it back, as often as there is time: the kernel's share of such work.
void map_for(Clock::duration time) {
  constexpr std::size_t kTaken = std::size_t{16} << 20;
  const auto end = Clock::now() + time;
  while (Clock::now() < end) {
    auto* taken =
        static_cast<std::byte*>(::mmap(nullptr, kTaken, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (taken == MAP_FAILED) return;
    for (std::size_t at = 0; at < kTaken; at += 4096) taken[at] = std::byte{1};
    (void)::munmap(taken, kTaken);
  }
}

int run(unsigned reloads) {
  const std::array<std::vector<PolicyFile>, 2> files{large_files("10.20.0.200"), large_files("10.20.0.201")};
  const auto first = load(files[0]);
  const bool ahead = run_ahead_of_others(true);
  LiveWorker worker{first};
  auto client = worker.connect();
  std::vector<std::unique_ptr<LiveClient>> others;
  for (unsigned i = 0; i < kOtherSessions; ++i) others.push_back(worker.connect());
  Probe probe{*client};
  (void)run_ahead_of_others(false);
  nlohmann::json quiet = nlohmann::json::array();
  nlohmann::json counting = nlohmann::json::array();
  nlohmann::json mapping = nlohmann::json::array();
  nlohmann::json reloading = nlohmann::json::array();
  nlohmann::json took = nlohmann::json::array();
  std::size_t packets = 0;
  for (unsigned i = 0; i < reloads; ++i) {
    const auto start = Clock::now();
    Clock::duration time{};
    const auto gap = probe.during([&] {
      worker.replace_policy(load(files[(i + 1) % 2]));
      time = Clock::now() - start;
      // Sessions are told of their new routes, and the old policy goes, after the new one is in force.
      std::this_thread::sleep_for(std::chrono::milliseconds{500});
    });
    for (auto& other : others) other->drain();
    const auto beside = probe.during([&] {
      count_for(time);
      std::this_thread::sleep_for(std::chrono::milliseconds{500});
    });
    const auto mapped = probe.during([&] {
      map_for(time);
      std::this_thread::sleep_for(std::chrono::milliseconds{500});
    });
    const auto still = probe.during([&] { std::this_thread::sleep_for(time + std::chrono::milliseconds{500}); });
    reloading.push_back(gap.largest_ms);
    counting.push_back(beside.largest_ms);
    mapping.push_back(mapped.largest_ms);
    quiet.push_back(still.largest_ms);
    took.push_back(std::chrono::duration<double, std::milli>{time}.count());
    packets += gap.packets;
  }
  std::printf("%s\n", nlohmann::json{{"v", 1},
                                     {"reloading_ms", reloading},
                                     {"counting_ms", counting},
                                     {"mapping_ms", mapping},
                                     {"quiet_ms", quiet},
                                     {"reload_ms", took},
                                     {"packets", packets},
                                     {"sessions", kOtherSessions + 1},
                                     {"ahead_of_others", ahead}}
                          .dump()
                          .c_str());
  return 0;
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) { return sallyport::run(argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 5); }
