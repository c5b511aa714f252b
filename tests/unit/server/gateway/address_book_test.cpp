#include "server/gateway/address_book.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <memory>
#include <random>

namespace sallyport {
namespace {

/// A session as the book sees it.
class Holder {
 public:
  Holder(std::uint64_t id, const std::string& device, const char* v4, const char* v6 = nullptr) {
    grant_.id = SessionId{id};
    grant_.device = DeviceId{device};
    grant_.addresses.v4 = IpAddress::parse(v4);
    if (v6 != nullptr) grant_.addresses.v6 = IpAddress::parse(v6);
  }
  [[nodiscard]] const SessionGrant& grant() const { return grant_; }

 private:
  SessionGrant grant_;
};

const IpAddress kAddress = *IpAddress::parse("10.99.0.2");
const IpAddress kAddress6 = *IpAddress::parse("fd12::2");

class AnAddressBook : public testing::Test {
 protected:
  static Holder session(std::uint64_t id, const char* device = "ana-laptop") {
    return {id, device, "10.99.0.2", "fd12::2"};
  }
  AddressBook<Holder> book;
};

TEST_F(AnAddressBook, GivesTheOnlySessionItsAddressesAtOnce) {
  auto first = session(1);
  const auto begun = book.begin(first);
  EXPECT_FALSE(begun.is_held);
  EXPECT_TRUE(begun.displaced.empty());
  EXPECT_EQ(book.owner(kAddress), &first);
  EXPECT_EQ(book.owner(kAddress6), &first);
}

TEST_F(AnAddressBook, LeavesThemToTheOlderSessionUntilTheNewerIsVerified) {
  auto older = session(1);
  auto newer = session(2);
  (void)book.begin(older);
  EXPECT_TRUE(book.begin(newer).is_held);
  EXPECT_EQ(book.owner(kAddress), &older);
  const auto taken = book.take(newer);
  ASSERT_TRUE(taken);
  EXPECT_EQ(*taken, std::vector<Holder*>{&older}) << "once, though it had two addresses";
  EXPECT_EQ(book.owner(kAddress), &newer);
  EXPECT_EQ(book.owner(kAddress6), &newer);
  EXPECT_EQ(book.successor_of(older), &newer);
}

TEST_F(AnAddressBook, KnowsNoSuccessorOfAnotherDeviceOrPerson) {
  auto older = session(1);
  auto newer = session(2);
  (void)book.begin(older);
  (void)book.begin(newer);
  ASSERT_TRUE(book.take(newer));
  book.forget(newer);
  auto stranger = session(3, "bo-laptop");
  (void)book.begin(stranger);
  EXPECT_EQ(book.owner(kAddress), &stranger);
  EXPECT_EQ(book.successor_of(older), nullptr) << "what comes late on the older session is nobody's";
}

TEST_F(AnAddressBook, LetsOneSessionOfADeviceWaitTheNewest) {
  auto first = session(1);
  auto second = session(2);
  auto third = session(3);
  (void)book.begin(first);
  (void)book.begin(second);
  const auto begun = book.begin(third);
  EXPECT_TRUE(begun.is_held);
  EXPECT_EQ(begun.displaced, std::vector<Holder*>{&second});
}

TEST_F(AnAddressBook, RefusesASessionThatIsVerifiedWhenANewerOneCarries) {
  auto first = session(1);
  auto second = session(2);
  auto third = session(3);
  (void)book.begin(first);
  (void)book.begin(second);
  book.forget(first);
  EXPECT_FALSE(book.begin(third).is_held);
  EXPECT_FALSE(book.take(second));
  EXPECT_EQ(book.owner(kAddress), &third);
}

TEST_F(AnAddressBook, AHeldSessionTakesWhatBecameFreeMeanwhile) {
  auto first = session(1);
  auto second = session(2);
  (void)book.begin(first);
  (void)book.begin(second);
  book.forget(first);
  const auto taken = book.take(second);
  ASSERT_TRUE(taken);
  EXPECT_TRUE(taken->empty());
  EXPECT_EQ(book.owner(kAddress6), &second);
}

TEST_F(AnAddressBook, ForgettingTheOlderLeavesTheNewerItsAddresses) {
  auto first = session(1);
  auto second = session(2);
  (void)book.begin(first);
  (void)book.begin(second);
  (void)book.take(second);
  book.forget(first);
  EXPECT_EQ(book.owner(kAddress), &second);
  book.forget(second);
  EXPECT_EQ(book.owner(kAddress), nullptr);
}

TEST_F(AnAddressBook, AnAddressThatWentToAnotherDeviceIsItsOwnAtOnce) {
  auto first = session(1);
  Holder other{2, "bo-laptop", "10.99.0.2"};
  (void)book.begin(first);
  const auto begun = book.begin(other);
  EXPECT_FALSE(begun.is_held);
  EXPECT_EQ(begun.displaced, std::vector<Holder*>{&first});
  EXPECT_EQ(book.owner(kAddress), &other);
}

/// E-21: a device logs in many times at once; every order of connecting, being verified and ending.
TEST(AddressBookRaces, NeverTwoSessionsWithOneAddressAndTheNewestVerifiedWins) {
  constexpr int kRaces = 10'000;
  struct Racer {
    Holder holder;
    bool is_held = false;
    bool carries = false;
    bool has_ended = false;
  };
  std::mt19937_64 random{21};
  std::size_t take_overs = 0;
  for (int race = 0; race < kRaces; ++race) {
    AddressBook<Holder> book;
    std::vector<std::unique_ptr<Racer>> racers;
    const auto end = [&](const Holder* holder) {
      for (auto& each : racers) {
        if (&each->holder != holder) continue;
        each->has_ended = true;
        each->carries = false;
        book.forget(each->holder);
      }
    };
    for (int step = 0; step < 24; ++step) {
      const auto what = random() % 4;
      if (what == 0 || racers.empty()) {
        racers.push_back(
            std::make_unique<Racer>(Racer{Holder{racers.size() + 1, "ana-laptop", "10.99.0.2", "fd12::2"}}));
        auto& racer = *racers.back();
        const auto begun = book.begin(racer.holder);
        racer.is_held = begun.is_held;
        for (const auto* each : begun.displaced) end(each);
      } else {
        auto& racer = *racers[random() % racers.size()];
        if (racer.has_ended) continue;
        if (what == 1) {
          end(&racer.holder);
        } else if (!racer.carries) {
          const auto taken = racer.is_held ? book.take(racer.holder) : std::vector<Holder*>{};
          racer.carries = taken.has_value();
          if (!taken) end(&racer.holder);
          for (const auto* each : taken.value_or(std::vector<Holder*>{})) {
            ASSERT_LT(each->grant().id, racer.holder.grant().id) << "race " << race;
            end(each);
          }
          take_overs += taken && !taken->empty() ? 1 : 0;
        }
      }
      std::vector<const Racer*> carrying;
      for (const auto& each : racers) {
        if (each->carries) carrying.push_back(each.get());
      }
      ASSERT_LE(carrying.size(), 1U) << "race " << race;
      if (carrying.empty()) continue;
      ASSERT_EQ(book.owner(kAddress), &carrying[0]->holder);
      ASSERT_EQ(book.owner(kAddress6), &carrying[0]->holder);
    }
  }
  std::cout << kRaces << " races, " << take_overs << " take-overs\n";
  EXPECT_GT(take_overs, 1000U);
}

}  // namespace
}  // namespace sallyport
