#include "common/uv/poll.hpp"

#include "common/base/file_descriptor.hpp"
#include "common/uv/loop_thread.hpp"
#include "common/uv/timer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <optional>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

class PollTest : public testing::Test {
 protected:
  PollTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    ours.reset(ends[0]);
    theirs.reset(ends[1]);
  }
  void send_from_theirs() { EXPECT_EQ(::write(theirs.get(), "x", 1), 1); }

  FileDescriptor ours;
  FileDescriptor theirs;
  Loop loop;
};

TEST_F(PollTest, ReportsWhatItWasAskedFor) {
  send_from_theirs();
  std::optional<Poll> poll;
  bool readable = false;
  bool writable = true;
  poll = Poll::watch(loop, ours.get(), [&](bool r, bool w) {
           readable = r;
           writable = w;
           poll.reset();
         }).value();
  poll->set_interest(true, false);
  loop.run();
  EXPECT_TRUE(readable);
  EXPECT_FALSE(writable);
  EXPECT_TRUE(loop.close());
}

TEST_F(PollTest, MakesTheDescriptorNonBlocking) {
  const auto poll = Poll::watch(loop, ours.get(), [](bool, bool) {});
  ASSERT_TRUE(poll.has_value());
  EXPECT_NE(::fcntl(ours.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(PollTest, WatchesNothingWithoutInterest) {
  send_from_theirs();
  auto poll = Poll::watch(loop, ours.get(), [](bool, bool) { FAIL(); }).value();
  loop.run();
  poll.set_interest(true, true);
  poll.set_interest(false, false);
  loop.run();
}

TEST_F(PollTest, ReportsThatThePeerHasGone) {
  theirs.reset();
  std::optional<Poll> poll;
  poll = Poll::watch(loop, ours.get(), [&](bool readable, bool) {
           EXPECT_TRUE(readable);
           char c = 0;
           EXPECT_EQ(::read(ours.get(), &c, 1), 0);
           poll.reset();
         }).value();
  poll->set_interest(true, false);
  loop.run();
  EXPECT_FALSE(poll.has_value());
}

TEST_F(PollTest, RefusesADescriptorThatCannotBeWatched) {
  EXPECT_FALSE(Poll::watch(loop, -1, [](bool, bool) {}).has_value());
  const FileDescriptor file{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
  EXPECT_FALSE(Poll::watch(loop, file.get(), [](bool, bool) {}).has_value());
}

TEST_F(PollTest, IsOverAfterRelease) {
  send_from_theirs();
  auto poll = Poll::watch(loop, ours.get(), [](bool, bool) { FAIL(); }).value();
  poll.set_interest(true, false);
  poll.release();
  poll.set_interest(true, false);
  loop.run();
}

TEST_F(PollTest, HandsADescriptorOverToTheLoopOfAnotherThread) {
  LoopThread other{"other"};
  std::atomic<bool> seen = false;
  std::optional<Poll> there;
  std::optional<Poll> here;
  Async finished{loop, [this] { loop.stop(); }};
  here = Poll::watch(loop, ours.get(), [&](bool, bool) {
           here->release();
           there = Poll::watch(other.loop(), ours.get(), [&](bool readable, bool) {
                     seen = readable;
                     there->release();
                     finished.send();
                   }).value();
           there->set_interest(true, false);
           other.start();
         }).value();
  here->set_interest(true, false);
  send_from_theirs();
  loop.run();
  other.stop();
  EXPECT_TRUE(seen);
}

TEST_F(PollTest, LetsTheDescriptorNumberBeUsedAgainAtOnce) {
  const int number = ours.get();
  auto first = Poll::watch(loop, number, [](bool, bool) { FAIL(); }).value();
  first.set_interest(true, true);
  first.release();
  ours.reset();
  ASSERT_EQ(::dup2(theirs.get(), number), number);
  ours.reset(number);
  bool called = false;
  std::optional<Poll> second;
  second = Poll::watch(loop, number, [&](bool, bool) {
             called = true;
             second.reset();
           }).value();
  second->set_interest(true, true);
  loop.run();
  EXPECT_TRUE(called);
}

}  // namespace
}  // namespace sallyport
