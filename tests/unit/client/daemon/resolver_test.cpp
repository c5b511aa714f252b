#include "client/daemon/resolver.hpp"

#include "common/uv/timer.hpp"
#include "tests/support/run_for.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

/// Runs the loop until `done`, at most ten seconds.
void run_until(Loop& loop, const bool& done) {
  Timer give_up{loop, [&] { loop.stop(); }};
  give_up.arm(std::chrono::seconds{10});
  while (!done && give_up.is_armed()) loop.run();
}

TEST(Resolver, FindsTheAddressesOfAName) {
  Loop loop;
  Resolver resolver{loop};
  std::optional<Resolver::Answer> answer;
  bool done = false;
  resolver.lookup("localhost", [&](Resolver::Answer given) {
    answer = std::move(given);
    done = true;
    loop.stop();
  });
  run_until(loop, done);
  ASSERT_TRUE(answer);
  ASSERT_TRUE(*answer) << answer->error();
  EXPECT_TRUE((*answer)->front().is_loopback());
}

TEST(Resolver, SaysWhichNameHasNoAddress) {
  Loop loop;
  Resolver resolver{loop};
  std::optional<Resolver::Answer> answer;
  bool done = false;
  resolver.lookup("no such name", [&](Resolver::Answer given) {
    answer = std::move(given);
    done = true;
    loop.stop();
  });
  run_until(loop, done);
  ASSERT_TRUE(answer);
  ASSERT_FALSE(*answer);
  EXPECT_TRUE(answer->error().starts_with("no such name: "));
}

TEST(Resolver, KeepsQuietAfterItWasCancelled) {
  Loop loop;
  bool called = false;
  {
    Resolver resolver{loop};
    resolver.lookup("localhost", [&](Resolver::Answer) { called = true; });
    resolver.cancel();
    test::run_for(loop, std::chrono::milliseconds{100});
  }
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace sallyport
