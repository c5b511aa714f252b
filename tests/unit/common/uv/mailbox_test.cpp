#include "common/uv/mailbox.hpp"

#include "common/uv/loop_thread.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace sallyport {
namespace {

TEST(Mailbox, DeliversInOrder) {
  Loop loop;
  std::vector<int> received;
  Mailbox<int> mailbox{loop, 8, [&](int&& item) {
                         received.push_back(item);
                         if (item == 3) loop.stop();
                       }};
  for (int item : {1, 2, 3}) EXPECT_TRUE(mailbox.post(std::move(item)));
  loop.run();
  EXPECT_EQ(received, (std::vector{1, 2, 3}));
}

TEST(Mailbox, RefusesWhenFullAndLeavesTheItem) {
  Loop loop;
  Mailbox<std::unique_ptr<int>> mailbox{loop, 1, [](std::unique_ptr<int>&&) {}};
  EXPECT_TRUE(mailbox.post(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(mailbox.post(std::move(second)));
  ASSERT_NE(second, nullptr);
  loop.run_once();
  EXPECT_TRUE(mailbox.post(std::move(second)));
}

TEST(Mailbox, TakesWhatMustArriveEvenWhenItIsFull) {
  Loop loop;
  std::vector<int> received;
  Mailbox<int> mailbox{loop, 1, [&](int&& item) { received.push_back(item); }};
  EXPECT_TRUE(mailbox.post(1));
  EXPECT_FALSE(mailbox.post(2));
  mailbox.push(3);
  loop.run_once();
  EXPECT_EQ(received, (std::vector{1, 3}));
}

TEST(Mailbox, EndsABatchOnceForAllItsItems) {
  Loop loop;
  int items = 0;
  int batches = 0;
  Mailbox<int> mailbox{loop, 8, [&](int&&) { ++items; }, [&] { ++batches; }};
  for (int item : {1, 2, 3}) EXPECT_TRUE(mailbox.post(std::move(item)));
  loop.run_once();
  EXPECT_EQ(items, 3);
  EXPECT_EQ(batches, 1);
}

TEST(Mailbox, DeliversWhatItsOwnHandlerPosts) {
  Loop loop;
  int received = 0;
  Mailbox<int>* self = nullptr;
  Mailbox<int> mailbox{loop, 1, [&](int&& item) {
                         ++received;
                         if (item > 0) {
                           EXPECT_TRUE(self->post(item - 1));
                         } else {
                           loop.stop();
                         }
                       }};
  self = &mailbox;
  EXPECT_TRUE(mailbox.post(4));
  loop.run();
  EXPECT_EQ(received, 5);
}

TEST(Mailbox, DeliversAtOnceToWhoeverExpectsNoFurtherTurn) {
  Loop loop;
  std::vector<int> got;
  Mailbox<int> mailbox{loop, 10, [&](int&& item) { got.push_back(item); }};
  EXPECT_TRUE(mailbox.post(1));
  EXPECT_TRUE(mailbox.post(2));
  mailbox.deliver();
  EXPECT_EQ(got, (std::vector<int>{1, 2}));
}

TEST(Mailbox, ForgetsWhatWasNotDelivered) {
  Loop loop;
  const auto item = std::make_shared<int>(1);
  {
    Mailbox<std::shared_ptr<int>> mailbox{loop, 1, [](std::shared_ptr<int>&&) {}};
    EXPECT_TRUE(mailbox.post(std::shared_ptr<int>{item}));
  }
  EXPECT_EQ(item.use_count(), 1);
  EXPECT_TRUE(loop.close());
}

TEST(Mailbox, LosesNothingBetweenManyThreadsAndOne) {
  constexpr int kSenders = 4;
  constexpr int kEach = 5000;
  struct Item {
    int sender;
    int number;
  };
  LoopThread receiver{"receiver"};
  std::vector<int> next(kSenders, 0);
  std::atomic<int> received = 0;
  Mailbox<Item> mailbox{receiver.loop(), 64, [&](Item&& item) {
                          EXPECT_EQ(next[static_cast<std::size_t>(item.sender)]++, item.number);
                          ++received;
                        }};
  receiver.start();
  std::vector<std::thread> senders;
  for (int sender = 0; sender < kSenders; ++sender) {
    senders.emplace_back([&mailbox, sender] {
      for (int number = 0; number < kEach; ++number) {
        while (!mailbox.post(Item{sender, number})) std::this_thread::yield();
      }
    });
  }
  for (auto& sender : senders) sender.join();
  while (received < kSenders * kEach) std::this_thread::yield();
  receiver.stop();
  EXPECT_EQ(next, std::vector<int>(kSenders, kEach));
}

TEST(LoopThread, CarriesItsNameAndBlocksSignals) {
  LoopThread thread{"a-name-longer-than-fifteen"};
  std::string name;
  sigset_t blocked;
  sigemptyset(&blocked);
  Mailbox<int> mailbox{thread.loop(), 1, [&](int&&) {
                         std::array<char, 16> text{};
                         pthread_getname_np(pthread_self(), text.data(), text.size());
                         name = text.data();
                         pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
                       }};
  EXPECT_TRUE(mailbox.post(1));
  thread.start();
  thread.stop();
  EXPECT_EQ(name, "a-name-longer-t");
  EXPECT_EQ(sigismember(&blocked, SIGTERM), 1);
}

TEST(LoopThread, StopsTwiceAndWithoutAStart) {
  LoopThread never{"never"};
  never.stop();
  LoopThread twice{"twice"};
  twice.start();
  twice.stop();
  twice.stop();
}

}  // namespace
}  // namespace sallyport
