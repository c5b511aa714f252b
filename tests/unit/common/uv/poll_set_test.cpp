#include "common/uv/poll_set.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

namespace sallyport {
namespace {

using Told = std::tuple<std::uint64_t, bool, bool>;

struct Pair {
  FileDescriptor ours;
  FileDescriptor theirs;
};

Pair make_pair_of_sockets() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
  return {FileDescriptor{ends[0]}, FileDescriptor{ends[1]}};
}

void say_something(const Pair& pair) { EXPECT_EQ(::write(pair.theirs.get(), "x", 1), 1); }

class PollSets : public testing::Test {
 protected:
  std::vector<Told> turn() {
    told.clear();
    loop.run_once();
    return told;
  }

  Loop loop;
  std::vector<Told> told;
  std::function<void(std::uint64_t)> then = [](std::uint64_t) {};
  std::optional<PollSet> set{std::in_place, loop, [this](std::uint64_t key, bool readable, bool writable) {
                               told.emplace_back(key, readable, writable);
                               then(key);
                             }};
};

TEST_F(PollSets, TellOfTheOneThatIsReadyByItsKey) {
  const auto first = make_pair_of_sockets();
  const auto second = make_pair_of_sockets();
  ASSERT_TRUE(set->add(first.ours.get(), 1, true, false));
  ASSERT_TRUE(set->add(second.ours.get(), 2, true, false));
  EXPECT_TRUE(turn().empty());
  say_something(second);
  EXPECT_EQ(turn(), (std::vector<Told>{{2, true, false}}));
  EXPECT_EQ(turn(), (std::vector<Told>{{2, true, false}})) << "until it is read";
}

TEST_F(PollSets, TellOfWhatIsWantedAndNothingElse) {
  const auto pair = make_pair_of_sockets();
  ASSERT_TRUE(set->add(pair.ours.get(), 1, true, true));
  EXPECT_EQ(turn(), (std::vector<Told>{{1, false, true}}));
  say_something(pair);
  EXPECT_EQ(turn(), (std::vector<Told>{{1, true, true}}));
  set->change(pair.ours.get(), 1, false, true);
  EXPECT_EQ(turn(), (std::vector<Told>{{1, false, true}}));
  set->remove(pair.ours.get());
  EXPECT_TRUE(turn().empty());
  ASSERT_TRUE(set->add(pair.ours.get(), 7, true, false)) << "it may be watched again";
  EXPECT_EQ(turn(), (std::vector<Told>{{7, true, false}}));
}

TEST_F(PollSets, TellOfABrokenOneAsBoth) {
  auto pair = make_pair_of_sockets();
  ASSERT_TRUE(set->add(pair.ours.get(), 1, true, false));
  pair.theirs.reset();
  EXPECT_EQ(turn(), (std::vector<Told>{{1, true, true}}));
}

TEST_F(PollSets, ForgetWhatIsClosed) {
  auto pair = make_pair_of_sockets();
  ASSERT_TRUE(set->add(pair.ours.get(), 1, true, true));
  pair.ours.reset();
  EXPECT_TRUE(turn().empty());
}

TEST_F(PollSets, LetWhoeverIsToldAddAndRemove) {
  std::map<std::uint64_t, Pair> pairs;
  for (std::uint64_t key = 0; key < 200; ++key) {
    auto& pair = pairs[key] = make_pair_of_sockets();
    say_something(pair);
    ASSERT_TRUE(set->add(pair.ours.get(), key, true, false));
  }
  std::size_t turns = 0;
  std::uint64_t next = 1000;
  then = [&](std::uint64_t key) {
    pairs.erase(key);
    if (key >= 100) return;
    auto& pair = pairs[next] = make_pair_of_sockets();
    say_something(pair);
    EXPECT_TRUE(set->add(pair.ours.get(), next++, true, false));
  };
  for (; !pairs.empty() && turns < 100; ++turns) (void)turn();
  EXPECT_TRUE(pairs.empty());
  EXPECT_EQ(next, 1100U);
}

TEST_F(PollSets, SayWhenADescriptorCannotBeWatched) { EXPECT_FALSE(set->add(-1, 1, true, false)); }

TEST_F(PollSets, LeaveNothingBehind) {
  set.reset();
  EXPECT_TRUE(loop.close());
}

}  // namespace
}  // namespace sallyport
