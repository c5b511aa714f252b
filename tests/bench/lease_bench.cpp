#include "server/store/store.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>

// What a device's first address costs beside the addresses that others have. In memory where /dev/shm is: the disk is
// another matter.

namespace sallyport {
namespace {

const WallTime kNow{std::chrono::seconds{1'800'000'000}};

PoolPrefixes pools() {
  PoolPrefixes pools;
  pools.v4 = IpPrefix::parse("10.64.0.0/10");
  pools.v6 = IpPrefix::parse("fd00::/64");
  return pools;
}

class Directory {
 public:
  Directory() {
    std::string name = std::filesystem::is_directory("/dev/shm") ? "/dev/shm/leases-XXXXXX" : "/tmp/leases-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  [[nodiscard]] std::string file() const { return path_ + "/gateway.db"; }

 private:
  std::string path_;
};

DeviceId enrolled(Store& store, std::int64_t number) {
  const DeviceId id{"device-" + std::to_string(number)};
  const Enrolment enrolment{id, UserId{"u@example.com"}, std::to_string(1'000'000 + number), kNow, {}};
  if (!store.enroll(enrolment, Replace::No, kNow)) std::abort();
  return id;
}

void first_lease(benchmark::State& state) {
  const Directory directory;
  auto store = Store::open_or_create(directory.file());
  if (!store) return state.SkipWithError(store.error().words.c_str());
  std::int64_t number = 0;
  while (number < state.range(0)) {
    if (!store->lease(enrolled(*store, number++), pools(), kNow)) std::abort();
  }
  for (auto turn : state) {
    state.PauseTiming();
    const auto id = enrolled(*store, number++);
    state.ResumeTiming();
    benchmark::DoNotOptimize(store->lease(id, pools(), kNow));
  }
}
BENCHMARK(first_lease)->Arg(100)->Arg(1000)->Arg(10000)->Iterations(500)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace sallyport

BENCHMARK_MAIN();
