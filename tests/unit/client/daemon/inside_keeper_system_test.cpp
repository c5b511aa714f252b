#include "client/daemon/inside_keeper.hpp"

#include "client/linux/system_network.hpp"
#include "common/base/process.hpp"
#include "tests/support/log_sinks.hpp"
#include "tests/support/run_for.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tun/device.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport {
namespace {

using std::chrono::milliseconds;

constexpr const char* kName = "lab";

/// Runs in a network namespace that its tests share.
class InsideKeeperTest : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_TRUE(keeper_.close());
    EXPECT_FALSE(is_there());
  }
  [[nodiscard]] bool is_there() { return look_.index_of(kName).has_value(); }
  bool leads_inside() { return look_.path_to(*IpAddress::parse("10.20.1.1")).value_or(Path{}).interface == kName; }
  static bool ip(const std::vector<std::string>& arguments) {
    std::vector<std::string> argv{"ip"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return run_process({.argv = argv}).value().exit_code == 0;
  }
  void run_for(milliseconds time) { test::run_for(loop_, time); }
  std::ptrdiff_t told(const char* event) { return std::count(events_.begin(), events_.end(), event); }

  const InsideSettings settings_{kName, {*IpAddress::parse("10.99.0.14")}, {*IpPrefix::parse("10.20.0.0/16")}};
  Loop loop_;
  std::vector<std::string> events_;
  Log log_{std::make_unique<test::EventNames>(events_)};
  TemporaryDirectory directory_;
  NetworkConfig look_ = NetworkConfig::open().value();
  SystemNetwork system_{NetworkConfig::open().value()};
  bool goes_on_ = false;
  int packets_ = 0;
  int remade_ = 0;
  ByteBuffer scratch_ = ByteBuffer(kTunScratch);
  InsideKeeper keeper_{loop_,
                       log_,
                       JournalledNetwork{*Journal::load(directory_.file("journal.json")), system_},
                       {[this] {
                          ++packets_;
                          keeper_.discard(scratch_);
                        },
                        [this] { return goes_on_ && keeper_.become(settings_).has_value(); }, [this] { ++remade_; }}};
};

TEST_F(InsideKeeperTest, RestsAheadOfTheFirstSessionWithNoRouteAndIsThatSessionsAfterwards) {
  keeper_.rest(kName);
  EXPECT_TRUE(keeper_.is_at_rest());
  EXPECT_FALSE(keeper_.has_session());
  EXPECT_TRUE(is_there());
  EXPECT_FALSE(leads_inside());
  ASSERT_TRUE(keeper_.become(settings_));
  EXPECT_FALSE(keeper_.is_at_rest());
  EXPECT_TRUE(keeper_.has_session());
  EXPECT_TRUE(leads_inside());
  ASSERT_TRUE(keeper_.stand_down(kName));
  EXPECT_TRUE(keeper_.is_at_rest());
  EXPECT_TRUE(is_there());
  EXPECT_FALSE(leads_inside());
}

TEST_F(InsideKeeperTest, RestsUnderTheNameOfTheProfileThatComes) {
  keeper_.rest("other");
  keeper_.rest_as(kName);
  EXPECT_TRUE(is_there());
  EXPECT_FALSE(look_.index_of("other").has_value());
  keeper_.prepare("other");
  EXPECT_TRUE(is_there()) << "there is one already";
}

TEST_F(InsideKeeperTest, PutsBackWhatAnotherProgramTakesAwayAndSaysSoOnce) {
  ASSERT_TRUE(keeper_.become(settings_));
  ASSERT_TRUE(ip({"route", "flush", "table", "8383"}));
  ASSERT_FALSE(leads_inside());
  run_for(milliseconds{100});
  EXPECT_TRUE(leads_inside());
  EXPECT_EQ(keeper_.restored(), 1U);
  ASSERT_TRUE(ip({"route", "flush", "table", "8383"}));
  run_for(milliseconds{200});
  EXPECT_TRUE(leads_inside());
  EXPECT_EQ(told("network.restored"), 1) << "not within a second";
  run_for(milliseconds{1200});
  EXPECT_EQ(told("network.restored"), 2);
  EXPECT_EQ(remade_, 0);
}

TEST_F(InsideKeeperTest, MakesTheInterfaceOfASessionAgainThatWaitsForTheNextOne) {
  ASSERT_TRUE(keeper_.become(settings_));
  ASSERT_TRUE(look_.delete_link(kName));
  run_for(milliseconds{200});
  EXPECT_TRUE(leads_inside());
  EXPECT_TRUE(keeper_.has_session());
  EXPECT_EQ(remade_, 1);
}

TEST_F(InsideKeeperTest, LeavesItToASessionThatGoesOn) {
  goes_on_ = true;
  ASSERT_TRUE(keeper_.become(settings_));
  ASSERT_TRUE(look_.delete_link(kName));
  run_for(milliseconds{200});
  EXPECT_TRUE(leads_inside());
  EXPECT_EQ(remade_, 0);
}

TEST_F(InsideKeeperTest, DoesNotMakeAnInterfaceAgainThatNobodyWasPromised) {
  keeper_.rest(kName);
  ASSERT_TRUE(look_.delete_link(kName));
  run_for(milliseconds{200});
  EXPECT_FALSE(is_there());
  EXPECT_FALSE(keeper_.is_at_rest());
}

TEST_F(InsideKeeperTest, GoesOnTryingToMakeAnInterfaceWhoseNameIsTaken) {
  ASSERT_TRUE(keeper_.become(settings_));
  ASSERT_TRUE(look_.delete_link(kName));
  {
    const auto other = TunDevice::open(kName);
    ASSERT_TRUE(other) << other.error().message;
    run_for(milliseconds{200});
    EXPECT_FALSE(keeper_.has_session());
    EXPECT_EQ(told("network.failed"), 1);
  }
  run_for(milliseconds{2000});
  EXPECT_TRUE(keeper_.has_session());
  EXPECT_TRUE(leads_inside());
}

TEST_F(InsideKeeperTest, TakesPacketsAtRestAndElseOnlyWhereTheyAreWanted) {
  keeper_.rest(kName);
  run_for(milliseconds{300});
  packets_ = 0;
  ASSERT_TRUE(keeper_.become(settings_));
  keeper_.watch(true);
  ASSERT_TRUE(run_process({.argv = {"ping", "-c", "1", "-W", "1", "10.20.1.1"}}));
  run_for(milliseconds{100});
  EXPECT_GT(packets_, 0);
  packets_ = 0;
  keeper_.watch(false);
  ASSERT_TRUE(run_process({.argv = {"ping", "-c", "1", "-W", "1", "10.20.1.1"}}));
  run_for(milliseconds{100});
  EXPECT_EQ(packets_, 0);
}

}  // namespace
}  // namespace sallyport
