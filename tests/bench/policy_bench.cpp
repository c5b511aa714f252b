// What decisions cost. tests/bench/policy runs this and holds the figures against their bars.

#include "common/ip/packet.hpp"
#include "server/flow/packet_filter.hpp"
#include "server/policy/policy.hpp"
#include "tests/support/large_policy.hpp"
#include "tests/support/packets.hpp"

#include <benchmark/benchmark.h>

#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <string>

namespace sallyport {
namespace {

using namespace test;

const Now kNow{TimePoint{} + std::chrono::hours{1}, parse_utc("2026-11-25T11:00:00Z").value()};
constexpr unsigned kFlows = 1024;

[[noreturn]] void die(const std::string& words) {
  std::fprintf(stderr, "policy_bench: %s\n", words.c_str());
  std::exit(1);
}

std::shared_ptr<const Policy> compile(const PolicyDocument& document) {
  auto policy = Policy::compile(document);
  if (!policy) die(to_string(policy.error()));
  return std::move(*policy);
}

/// A policy of so many prefixes, a tenth as many rules that all speak of one person, and that person's rights.
struct World {
  explicit World(unsigned prefixes)
      : document{large_policy({.rules = prefixes / 10, .prefixes = prefixes})},
        policy{compile(document)},
        rights{policy->rights_for(known_person(0, kNow.wall), kNow.wall)} {}

  PolicyDocument document;
  std::shared_ptr<const Policy> policy;
  std::shared_ptr<const Rights> rights;
};

const World& world(benchmark::State& state) {
  static std::map<std::int64_t, World> worlds;
  return worlds.try_emplace(state.range(0), static_cast<unsigned>(state.range(0))).first->second;
}

/// Any allowed destination over TCP, spread over all of the policy.
class AllowedDestinations {
 public:
  AllowedDestinations(const World& world, unsigned version) : world_{world}, version_{version} {}

  IpAddress next() {
    for (unsigned tries = 0; tries < 1'000'000; ++tries) {
      const auto& resources = world_.document.resources;
      const auto& prefixes = resources[random_() % resources.size()].prefixes;
      const auto address = prefixes[random_() % prefixes.size()].first();
      if (address.version() == version_ && allows(address)) return address;
    }
    die("the policy allows nothing");
  }

 private:
  bool allows(const IpAddress& address) const {
    return world_.rights->judge({address, kProtocolTcp, 443}, kNow.wall).allows();
  }
  const World& world_;
  unsigned version_;
  std::mt19937_64 random_{1};
};

/// Segments to port 443 of as many allowed hosts, from different ports of the laptop.
std::vector<ByteBuffer> segments(const World& world, unsigned version, unsigned count) {
  AllowedDestinations allowed{world, version};
  std::vector<ByteBuffer> packets;
  const auto from = address(version == 4 ? "10.255.0.2" : "fd12::2");
  for (unsigned i = 0; i < count; ++i) {
    packets.push_back(packet(from, allowed.next(), tcp(static_cast<std::uint16_t>(1024 + i % 60'000), 443, kAck, 40)));
  }
  return packets;
}

PacketFilter filter_for(const World& world) {
  return PacketFilter{{address("10.255.0.2"), address("fd12::2")}, world.rights, FlowLimits{}};
}

/// Range: prefixes, IP version, flows.
void known_flow(benchmark::State& state) {
  const auto& w = world(state);
  const auto packets = segments(w, static_cast<unsigned>(state.range(1)), static_cast<unsigned>(state.range(2)));
  auto filter = filter_for(w);
  for (const auto& each : packets) (void)filter.judge_from_client(each, kNow);
  const auto opened = filter.stats().passed_from_client;
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(filter.judge_from_client(packets[i], kNow));
    if (++i == packets.size()) i = 0;
  }
  const auto passed = filter.stats().passed_from_client - opened;
  if (passed != static_cast<std::uint64_t>(state.iterations())) state.SkipWithError("a packet did not pass");
}
BENCHMARK(known_flow)->Args({100'000, 4, 1})->Args({100'000, 6, 1})->Args({100'000, 4, kFlows});
BENCHMARK(known_flow)->Args({100, 4, kFlows})->Args({1'000, 4, kFlows})->Args({10'000, 4, kFlows});

/// Every packet begins a flow to somewhere else. Range: prefixes, IP version.
void new_flow(benchmark::State& state) {
  const auto& w = world(state);
  const auto packets = segments(w, static_cast<unsigned>(state.range(1)), 50'000);
  auto filter = filter_for(w);
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(filter.judge_from_client(packets[i], kNow));
    if (++i == packets.size()) i = 0;
  }
  const auto passed = filter.stats().passed_from_client;
  if (passed != static_cast<std::uint64_t>(state.iterations())) state.SkipWithError("a packet did not pass");
}
BENCHMARK(new_flow)->Args({100'000, 4})->Args({100'000, 6});
BENCHMARK(new_flow)->Args({100, 4})->Args({1'000, 4})->Args({10'000, 4});

/// Names are looked up: once per policy.
void resolve(benchmark::State& state) {
  const auto& w = world(state);
  for (auto _ : state) {
    state.PauseTiming();
    auto document = w.document;
    state.ResumeTiming();
    benchmark::DoNotOptimize(compile(std::move(document)));
  }
}

/// The table of one person to whom every rule applies: once per distinct rights.
void table(benchmark::State& state) {
  const auto& w = world(state);
  std::size_t octets = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto policy = compile(w.document);  // a policy that holds no table yet
    state.ResumeTiming();
    auto rights = policy->rights_for(known_person(0, kNow.wall), kNow.wall);
    benchmark::DoNotOptimize(rights);
    octets = rights->table()->size();
    state.PauseTiming();
    if (policy->tables_in_use() != 1) state.SkipWithError("the table was there before");
    state.ResumeTiming();
  }
  state.counters["octets"] = static_cast<double>(octets);
}

/// The routes a session is told of.
void reachable(benchmark::State& state) {
  const auto& w = world(state);
  for (auto _ : state) benchmark::DoNotOptimize(w.rights->reachable(kNow.wall));
}
#define SALLYPORT_GROWTH(name) \
  BENCHMARK(name)->Arg(100)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond)
SALLYPORT_GROWTH(resolve);
SALLYPORT_GROWTH(table);
SALLYPORT_GROWTH(reachable);

double resident_octets() {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmRSS:", 0) == 0) return std::stod(line.substr(6)) * 1024;
  }
  return 0;
}

/// Ten thousand sessions of fifty distinct rights.
void sessions(benchmark::State& state) {
  constexpr unsigned kSessions = 10'000;
  const auto policy = compile(large_policy({.teams = 50, .people = kSessions}));
  for (auto _ : state) {
    ::malloc_trim(0);  // what compiling has left free would be handed out again, and not be seen
    const auto before = resident_octets();
    std::vector<std::shared_ptr<const Rights>> all;
    for (unsigned i = 0; i < kSessions; ++i) all.push_back(policy->rights_for(known_person(i, kNow.wall), kNow.wall));
    state.counters["tables"] = static_cast<double>(policy->tables_in_use());
    state.counters["resident"] = resident_octets() - before;
    state.counters["octets_of_one_table"] = static_cast<double>(all[0]->table()->size());
  }
  state.counters["sessions"] = kSessions;
}
BENCHMARK(sessions)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sallyport

BENCHMARK_MAIN();
