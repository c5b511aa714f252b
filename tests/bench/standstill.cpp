#include "tests/bench/standstill.hpp"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace sallyport::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::microseconds kNap{250};
/// Shorter ones explain nothing.
constexpr std::chrono::microseconds kWorthNoting{500};
constexpr int kAheadOfTheMeasured = 2;

/// The first and the last that this process may use; fewer where there is one.
std::vector<int> two_processors() {
  cpu_set_t all;
  CPU_ZERO(&all);
  std::vector<int> found;
  if (::sched_getaffinity(0, sizeof all, &all) != 0) return found;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (!CPU_ISSET(i, &all)) continue;
    if (found.size() == 2) found.pop_back();
    found.push_back(i);
  }
  return found;
}

bool run_ahead_on(int processor) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(processor, &only);
  sched_param parameters{};
  parameters.sched_priority = kAheadOfTheMeasured;
  return ::sched_setaffinity(0, sizeof only, &only) == 0 && ::sched_setscheduler(0, SCHED_FIFO, &parameters) == 0;
}

}  // namespace

Standstill::Standstill() {
  for (const int processor : two_processors()) {
    auto& watcher = watchers_.emplace_back();
    watcher.thread = std::thread{[this, &watcher, processor] { watch(watcher, processor); }};
  }
}

Standstill::~Standstill() {
  over_ = true;
  for (auto& watcher : watchers_) watcher.thread.join();
}

void Standstill::watch(Watcher& watcher, int processor) {
  if (!run_ahead_on(processor)) is_ahead_ = false;
  while (!over_ && is_ahead_) {
    const auto due = Clock::now() + kNap;
    std::this_thread::sleep_until(due);
    const auto now = Clock::now();
    if (now - due < kWorthNoting) continue;
    const std::lock_guard lock{watcher.mutex};
    watcher.silences.push_back({due.time_since_epoch().count(), now.time_since_epoch().count()});
  }
}

std::optional<Standstill::Times> Standstill::take() {
  std::vector<std::vector<Silence>> taken;
  for (auto& watcher : watchers_) {
    const std::lock_guard lock{watcher.mutex};
    taken.push_back(std::exchange(watcher.silences, {}));
  }
  if (taken.size() != 2 || !is_ahead_) return std::nullopt;
  std::int64_t one = 0;
  std::int64_t both = 0;
  for (const auto& silences : taken) {
    for (const auto& each : silences) one = std::max(one, each.to - each.from);
  }
  for (const auto& first : taken[0]) {
    for (const auto& second : taken[1])
      both = std::max(both, std::min(first.to, second.to) - std::max(first.from, second.from));
  }
  return Times{static_cast<double>(one) / 1e6, static_cast<double>(both) / 1e6};
}

}  // namespace sallyport::test
