#include "common/uv/signal.hpp"

#include <gtest/gtest.h>

#include <unistd.h>
#include <array>
#include <csignal>
#include <optional>

namespace sallyport {
namespace {

TEST(Signal, CallsBackOnTheLoop) {
  Loop loop;
  int hangups = 0;
  std::optional<Signal> signal;
  signal.emplace(loop, SIGHUP, [&] {
    ++hangups;
    signal.reset();
  });
  ASSERT_EQ(std::raise(SIGHUP), 0);
  EXPECT_EQ(hangups, 0);
  loop.run();
  EXPECT_EQ(hangups, 1);
  EXPECT_TRUE(loop.close());
}

TEST(Signal, TellsOneSignalFromAnother) {
  Loop loop;
  const Signal unexpected{loop, SIGUSR1, [] { FAIL(); }};
  const Signal expected{loop, SIGUSR2, [&loop] { loop.stop(); }};
  ASSERT_EQ(std::raise(SIGUSR2), 0);
  loop.run();
}

TEST(IgnoreBrokenPipes, TurnsTheSignalIntoAnError) {
  ignore_broken_pipes();
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ::close(ends[0]);
  EXPECT_EQ(::write(ends[1], "x", 1), -1);
  ::close(ends[1]);
}

}  // namespace
}  // namespace sallyport
