// What a machine that was suspended since it started makes of a loop's time: a time namespace is such a machine.

#include "common/uv/loop.hpp"
#include "common/uv/timer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string_view>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

namespace sallyport {
namespace {

using namespace std::chrono_literals;

constexpr int kHolds = 0;
constexpr int kFails = 1;
constexpr int kNoSuchMachine = 77;

constexpr std::string_view kAnHourAhead = "boottime 3600 0\n";
/// As a container may have it that was moved: a clock of its own for each.
constexpr std::string_view kAnHourBehind = "monotonic 3600 0\n";

bool make_machine(std::string_view offset) {
  if (::unshare(CLONE_NEWUSER | CLONE_NEWTIME) != 0) return false;
  const int offsets = ::open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
  return offsets >= 0 && ::write(offsets, offset.data(), offset.size()) == static_cast<ssize_t>(offset.size());
}

int wait_for(pid_t child) {
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : kFails;
}

/// In a process of its own, whose children alone are on that machine.
int ask_after_an_hour_of_suspension(const std::function<bool()>& holds, std::string_view offset = kAnHourAhead) {
  const pid_t outer = ::fork();
  if (outer != 0) return wait_for(outer);
  if (!make_machine(offset)) ::_exit(kNoSuchMachine);
  const pid_t inner = ::fork();
  if (inner != 0) ::_exit(wait_for(inner));
  ::alarm(10);
  ::_exit(holds() ? kHolds : kFails);
}

bool is_now(TimePoint time) {
  const auto distance = time - std::chrono::steady_clock::now();
  return distance < 1min && distance > -1min;
}

TEST(Suspension, CountsForALoopThatSaysSo) {
  const int answer = ask_after_an_hour_of_suspension([] {
    Loop counting{Suspension::Counts};
    return is_now(counting.now().steady - 1h) && is_now(read_steady_clock(Suspension::Counts) - 1h) &&
           counting.suspended() > 59min;
  });
  if (answer == kNoSuchMachine) GTEST_SKIP() << "the kernel makes no time namespaces here";
  EXPECT_EQ(answer, kHolds);
}

TEST(Suspension, IsNothingToAnyOtherLoop) {
  const int answer = ask_after_an_hour_of_suspension([] {
    Loop loop;
    return is_now(loop.now().steady) && is_now(read_steady_clock(Suspension::StandsStill)) &&
           loop.suspended() == Duration::zero();
  });
  if (answer == kNoSuchMachine) GTEST_SKIP() << "the kernel makes no time namespaces here";
  EXPECT_EQ(answer, kHolds);
}

bool keeps_timers_in_time() {
  Loop loop{Suspension::Counts};
  const auto begun = std::chrono::steady_clock::now();
  const auto deadline = loop.now().steady + 20ms;
  bool is_in_time = false;
  Timer timer{loop, [&] { is_in_time = loop.now().steady >= deadline; }};
  timer.arm(20ms);
  loop.run();
  return is_in_time && std::chrono::steady_clock::now() - begun < 5s;
}

TEST(Suspension, MakesNoTimerEarlyOrLateThatIsArmedAfterwards) {
  for (const auto offset : {kAnHourAhead, kAnHourBehind}) {
    const int answer = ask_after_an_hour_of_suspension(keeps_timers_in_time, offset);
    if (answer == kNoSuchMachine) GTEST_SKIP() << "the kernel makes no time namespaces here";
    EXPECT_EQ(answer, kHolds) << offset;
  }
}

}  // namespace
}  // namespace sallyport
