#include "client/linux/journalled_network.hpp"

#include "client/linux/network_plan.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/client/linux/fake_network.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace sallyport {
namespace {

NetworkChanges plan(std::initializer_list<const char*> routes, const char* address = "10.99.0.14") {
  InsideSettings settings{"sallyport", {*IpAddress::parse(address)}, {}};
  for (const auto* route : routes) settings.routes.push_back(*IpPrefix::parse(route));
  return plan_network(settings, Ipv6::Absent);
}

class JournalledNetworkTest : public testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return directory_.file("journal.json"); }
  JournalledNetwork fresh(NetworkChanger& changer) const { return {*Journal::load(path()), changer}; }
  [[nodiscard]] std::optional<std::string> journal_on_disk() const {
    std::ifstream in{path()};
    if (!in) return std::nullopt;
    return (std::ostringstream{} << in.rdbuf()).str();
  }
  void put_journal(const std::optional<std::string>& text) const {
    std::filesystem::remove(path());
    if (!text) return;
    std::ofstream{path()} << *text;
    std::filesystem::permissions(path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }

  TemporaryDirectory directory_;
  test::FakeNetwork system_;
};

TEST_F(JournalledNetworkTest, AddsInOrderAndUndoesInReverse) {
  auto network = fresh(system_);
  ASSERT_TRUE(network.become(plan({"10.20.0.0/16"})));
  ASSERT_TRUE(network.become({}));
  EXPECT_EQ(system_.log,
            (std::vector<std::string>{"+ interface sallyport", "+ IPv4 rule 8383 for table 8383",
                                      "+ address 10.99.0.14/32 dev sallyport", "+ route 10.20.0.0/16 dev sallyport",
                                      "- route 10.20.0.0/16 dev sallyport", "- address 10.99.0.14/32 dev sallyport",
                                      "- IPv4 rule 8383 for table 8383", "- interface sallyport"}));
  EXPECT_FALSE(journal_on_disk());
}

TEST_F(JournalledNetworkTest, ChangesOnlyTheDifferenceAndAddsBeforeItRemoves) {
  auto network = fresh(system_);
  ASSERT_TRUE(network.become(plan({"10.20.0.0/16", "10.30.0.0/16"})));
  system_.log.clear();
  ASSERT_TRUE(network.become(plan({"10.30.0.0/16", "10.40.0.0/16"})));
  EXPECT_EQ(system_.log,
            (std::vector<std::string>{"+ route 10.40.0.0/16 dev sallyport", "- route 10.20.0.0/16 dev sallyport"}));
}

TEST_F(JournalledNetworkTest, AddsTogetherWhatTheSystemTakesTogetherAndTakesAllOfItAway) {
  auto network = fresh(system_);
  ASSERT_TRUE(network.become({TunnelInterface{"sallyport"}}));
  system_.takes_together = true;
  ASSERT_TRUE(network.become(plan({"10.20.0.0/16", "10.30.0.0/16"})));
  EXPECT_EQ(system_.log, (std::vector<std::string>{"+ interface sallyport", "+ 4 together"}));
  EXPECT_EQ(network.applied(), plan({"10.20.0.0/16", "10.30.0.0/16"}));
  ASSERT_TRUE(network.become({TunnelInterface{"sallyport"}}));
  EXPECT_EQ(system_.present, NetworkChanges{TunnelInterface{"sallyport"}});
  EXPECT_EQ(journal_on_disk()->find("route"), std::string::npos);
}

TEST_F(JournalledNetworkTest, HasOnRecordWhatIsAddedTogetherBeforeItIsThere) {
  auto network = fresh(system_);
  system_.takes_together = true;
  system_.on_touch = [this] { EXPECT_NE(journal_on_disk()->find("10.20.0.0"), std::string::npos); };
  ASSERT_TRUE(network.become(plan({"10.20.0.0/16"})));
}

TEST_F(JournalledNetworkTest, SaysOfOneWhatStandsInItsWayWhereTheyCannotBeAddedTogether) {
  auto network = fresh(system_);
  system_.takes_together = true;
  const auto wanted = plan({"10.20.0.0/16", "10.30.0.0/16"});
  system_.broken = wanted.back();
  const auto refused = network.become(wanted);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("10.30.0.0/16"), std::string::npos) << refused.error().message;
  EXPECT_EQ(network.applied().size(), wanted.size() - 1);
}

TEST_F(JournalledNetworkTest, TouchesNothingWhenNothingChanges) {
  auto network = fresh(system_);
  ASSERT_TRUE(network.become(plan({"10.20.0.0/16"})));
  system_.log.clear();
  ASSERT_TRUE(network.become(plan({"10.20.0.0/16"})));
  EXPECT_TRUE(system_.log.empty());
}

TEST_F(JournalledNetworkTest, PutsBackWhatOthersTookAwayOfWhatIsWanted) {
  auto network = fresh(system_);
  const auto wanted = plan({"10.20.0.0/16", "10.30.0.0/16"});
  ASSERT_TRUE(network.become(wanted));
  system_.present = {wanted[0], wanted[2], wanted[4]};
  system_.log.clear();
  ASSERT_TRUE(network.become(plan({"10.30.0.0/16"})));
  EXPECT_EQ(system_.log,
            (std::vector<std::string>{"+ IPv4 rule 8383 for table 8383", "- route 10.20.0.0/16 dev sallyport"}));
  EXPECT_EQ(network.restored(), 1U);
  system_.present.clear();
  EXPECT_EQ(network.restore().value(), 4U);
  EXPECT_EQ(system_.present, plan({"10.30.0.0/16"}));
  EXPECT_EQ(network.restored(), 5U);
}

TEST_F(JournalledNetworkTest, LooksForNothingWhereNobodyTookAnythingAway) {
  auto network = fresh(system_);
  ASSERT_TRUE(network.become(plan({"10.20.0.0/16"})));
  system_.present.clear();
  system_.log.clear();
  ASSERT_TRUE(network.become(plan({"10.20.0.0/16", "10.30.0.0/16"}), {.is_whole = true}));
  EXPECT_EQ(system_.log, std::vector<std::string>{"+ route 10.30.0.0/16 dev sallyport"}) << "it was told so";
  ASSERT_TRUE(network.become(plan({"10.20.0.0/16", "10.30.0.0/16"})));
  EXPECT_EQ(system_.present.size(), 5U);
}

TEST_F(JournalledNetworkTest, SaysWhatItCannotPutBack) {
  auto network = fresh(system_);
  const auto wanted = plan({"10.20.0.0/16"});
  ASSERT_TRUE(network.become(wanted));
  system_.present.pop_back();
  system_.broken = wanted.back();
  EXPECT_FALSE(network.restore());
  EXPECT_FALSE(network.become(wanted));
}

TEST_F(JournalledNetworkTest, PutsBackTheRestAndGoesOnWhereSomethingCannotBePutBack) {
  auto network = fresh(system_);
  const auto wanted = plan({"10.20.0.0/16", "10.30.0.0/16"});
  ASSERT_TRUE(network.become(wanted));
  system_.present = {wanted[0]};
  system_.broken = wanted[2];
  EXPECT_FALSE(network.restore());
  EXPECT_EQ(system_.present, (NetworkChanges{wanted[0], wanted[1], wanted[3], wanted[4]}));
  EXPECT_EQ(network.restored(), 3U);
  EXPECT_FALSE(network.become(plan({"10.30.0.0/16", "10.40.0.0/16"})));
  EXPECT_EQ(system_.present, (NetworkChanges{wanted[0], wanted[1], wanted[4], plan({"10.40.0.0/16"}).back()}));
  system_.broken.reset();
  EXPECT_EQ(network.restore().value(), 1U);
}

TEST_F(JournalledNetworkTest, LeavesAloneWhatSomebodyElseMade) {
  system_.of_another = TunnelInterface{"sallyport"};
  auto network = fresh(system_);
  EXPECT_FALSE(network.become(plan({"10.20.0.0/16"})));
  ASSERT_TRUE(network.undo_all());
  EXPECT_TRUE(system_.log.empty());
}

TEST_F(JournalledNetworkTest, LeavesAloneWhatIsOnAnInterfaceThatGotTheNameOfALostOne) {
  auto network = fresh(system_);
  ASSERT_TRUE(network.become(plan({"10.20.0.0/16"})));
  system_.log.clear();
  system_.moved["sallyport"] = std::nullopt;
  ASSERT_TRUE(network.undo_all());
  EXPECT_EQ(system_.log, (std::vector<std::string>{"- IPv4 rule 8383 for table 8383"}));
  EXPECT_TRUE(network.applied().empty());
  EXPECT_FALSE(journal_on_disk()) << "nor does the next daemon remove it";
  const auto made = plan({"10.20.0.0/16"});
  EXPECT_EQ(system_.gone, (NetworkChanges{made[3], made[2], made[0]})) << "what guards them goes, too";
  EXPECT_EQ(system_.all_undone, 1);
}

TEST_F(JournalledNetworkTest, TakesAwayWhatIsOnAnInterfaceThatItHasOpenWhateverItsMark) {
  auto network = fresh(system_);
  ASSERT_TRUE(network.become(plan({"10.20.0.0/16", "10.30.0.0/16"})));
  system_.can_tell = false;
  const KnownNetwork known{.is_whole = true, .interface = "sallyport"};
  ASSERT_TRUE(network.become(plan({"10.30.0.0/16"}), known));
  EXPECT_EQ(system_.present, plan({"10.30.0.0/16"}));
  ASSERT_TRUE(network.undo_all(known));
  EXPECT_TRUE(system_.present.empty());
}

TEST_F(JournalledNetworkTest, KeepsOnRecordWhatIsOnAnInterfaceOfWhichNothingTellsWhoseItIs) {
  auto network = fresh(system_);
  ASSERT_TRUE(network.become(plan({"10.20.0.0/16"})));
  system_.can_tell = false;
  ASSERT_FALSE(network.undo_all());
  EXPECT_EQ(system_.present.size(), 3U) << "all but the rule";
  EXPECT_EQ(system_.all_undone, 0);
  EXPECT_NE(journal_on_disk()->find("10.20.0.0"), std::string::npos);
  system_.can_tell = true;
  ASSERT_TRUE(fresh(system_).undo_all());
  EXPECT_TRUE(system_.present.empty());
}

TEST_F(JournalledNetworkTest, TakesAwayAnInterfaceAndWhatIsOnItByTheNameThatItHasNow) {
  ASSERT_TRUE(fresh(system_).become(plan({"10.20.0.0/16"})));
  system_.log.clear();
  system_.moved["sallyport"] = "taken";
  ASSERT_TRUE(fresh(system_).undo_all());
  EXPECT_EQ(system_.log,
            (std::vector<std::string>{"- route 10.20.0.0/16 dev taken", "- address 10.99.0.14/32 dev taken",
                                      "- IPv4 rule 8383 for table 8383", "- interface taken"}));
  EXPECT_FALSE(journal_on_disk());
}

TEST_F(JournalledNetworkTest, TakesWhatIsOnAnInterfaceThatItDoesNotListForSomebodyElses) {
  put_journal(
      R"({"v":1,"changes":[{"kind":"route","destination":"10.20.0.0/16","interface":"eth0","metric":0,"table":8383},
      {"kind":"address","interface":"eth0","address":"10.99.0.14","prefix_length":32}]})");
  ASSERT_TRUE(fresh(system_).undo_all());
  EXPECT_TRUE(system_.log.empty());
  EXPECT_FALSE(journal_on_disk());
}

TEST_F(JournalledNetworkTest, DoesNothingThatItCannotRecord) {
  auto journal = Journal::load(directory_.file("no-such-directory/journal.json"));
  JournalledNetwork network{*journal, system_};
  EXPECT_FALSE(network.become(plan({"10.20.0.0/16"})));
  EXPECT_TRUE(system_.log.empty());
}

TEST_F(JournalledNetworkTest, CanTryAgainAfterAChangeWasRefused) {
  system_.broken = plan({"10.20.0.0/16"}).back();
  auto network = fresh(system_);
  const auto refused = network.become(plan({"10.20.0.0/16"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "cannot add route 10.20.0.0/16 dev sallyport: not permitted");
  system_.broken.reset();
  ASSERT_TRUE(network.become(plan({"10.20.0.0/16"})));
  EXPECT_EQ(system_.present, plan({"10.20.0.0/16"}));
}

TEST_F(JournalledNetworkTest, GoesOnUndoingAfterAFailureAndRemembersWhatIsLeft) {
  auto network = fresh(system_);
  ASSERT_TRUE(network.become(plan({"10.20.0.0/16"})));
  system_.broken = plan({}).at(1);
  EXPECT_FALSE(network.undo_all());
  EXPECT_EQ(system_.present, NetworkChanges{*system_.broken});
  system_.broken.reset();
  ASSERT_TRUE(fresh(system_).undo_all());
  EXPECT_TRUE(system_.present.empty());
  EXPECT_FALSE(journal_on_disk());
}

/// The state of disk and system at one moment at which the process might have died.
struct Moment {
  std::optional<std::string> journal;
  NetworkChanges present;
};

TEST_F(JournalledNetworkTest, RecoversFromDeathAtEveryMoment) {
  std::vector<Moment> moments;
  system_.on_touch = [&] { moments.push_back({journal_on_disk(), system_.present}); };
  auto network = fresh(system_);
  ASSERT_TRUE(network.become(plan({"10.20.0.0/16", "10.30.0.0/16"})));
  ASSERT_TRUE(network.become(plan({"10.30.0.0/16", "10.40.0.0/16"}, "10.99.0.15")));
  ASSERT_TRUE(network.become({}));
  ASSERT_GT(moments.size(), 20U);

  for (const auto& moment : moments) {
    put_journal(moment.journal);
    test::FakeNetwork survivor;
    survivor.present = moment.present;
    ASSERT_TRUE(fresh(survivor).undo_all());
    EXPECT_TRUE(survivor.present.empty());
    EXPECT_FALSE(journal_on_disk());
  }
}

}  // namespace
}  // namespace sallyport
