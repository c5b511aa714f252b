#include "client/daemon/inside.hpp"

#include "client/linux/system_network.hpp"
#include "common/base/process.hpp"
#include "tests/support/run_for.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

namespace sallyport {
namespace {

using std::chrono::milliseconds;

constexpr const char* kName = "lab";

/// Runs in a network namespace that its tests share.
class InsideTest : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_TRUE(inside_.close());
    EXPECT_FALSE(look_.index_of(kName));
  }
  static InsideSettings settings(std::initializer_list<const char*> routes) {
    InsideSettings settings{kName, {*IpAddress::parse("10.99.0.14")}, {}};
    for (const auto* route : routes) settings.routes.push_back(*IpPrefix::parse(route));
    return settings;
  }
  std::string alias() { return look_.state_of(kName).value().alias; }
  [[nodiscard]] NetworkChanges on_record() const { return Journal::load(directory_.file("journal.json"))->changes(); }
  std::vector<std::string> routes() {
    std::vector<std::string> destinations;
    const auto own = look_.own_routes().value();
    for (const auto& route : own) destinations.push_back(route.destination.to_string());
    return destinations;
  }
  bool has_address() {
    const auto there = look_.addresses(kName).value();
    return std::any_of(there.begin(), there.end(), [](const auto& each) { return each.address.is_v4(); });
  }
  static bool is_guarded() {
    return run_process({.argv = {"nft", "list", "table", "inet", "sallyport_inside"}}).value().exit_code == 0;
  }
  /// Whole, so that nothing is looked for, and guarded.
  void settle() {
    ASSERT_TRUE(inside_.become(settings({"10.20.0.0/16"})));
    test::run_for(loop_, milliseconds{50});
    ASSERT_TRUE(inside_.become(settings({"10.20.0.0/16"})));
    for (int i = 0; i < 200 && !is_guarded(); ++i) ::usleep(10'000);
    ASSERT_TRUE(is_guarded());
  }

  Loop loop_;
  TemporaryDirectory directory_;
  NetworkConfig look_ = NetworkConfig::open().value();
  SystemNetwork system_{NetworkConfig::open().value()};
  Inside inside_{loop_, JournalledNetwork{*Journal::load(directory_.file("journal.json")), system_}, [] {},
                 [this] { (void)inside_.restore(); }};
};

TEST_F(InsideTest, MarksItsInterfaceAsItsRecordSays) {
  ASSERT_TRUE(inside_.become(settings({})));
  EXPECT_TRUE(alias().starts_with("sallyport ")) << alias();
  EXPECT_EQ(alias().size(), 42U) << "128 bits that no other interface has";
  ASSERT_FALSE(on_record().empty());
  EXPECT_EQ(on_record().front(), NetworkChange(TunnelInterface{kName, alias()}));
}

TEST_F(InsideTest, LeavesInTheKernelNoRouteThatTheNewestSettingsLack) {
  ASSERT_TRUE(inside_.become(settings({"10.20.0.0/16", "10.30.0.0/16"})));
  EXPECT_EQ(routes(), (std::vector<std::string>{"10.20.0.0/16", "10.30.0.0/16"}));
  ASSERT_TRUE(inside_.become(settings({"10.30.0.0/16"})));
  EXPECT_EQ(routes(), std::vector<std::string>{"10.30.0.0/16"});
  ASSERT_TRUE(inside_.rest(kName));
  EXPECT_TRUE(inside_.is_open());
  EXPECT_TRUE(routes().empty());
  EXPECT_FALSE(has_address());
}

TEST_F(InsideTest, PutsItsMarkBackWhichAnotherProgramTook) {
  settle();
  const auto mark = alias();
  ASSERT_TRUE(look_.set_alias(kName, "of somebody else"));
  test::run_for(loop_, milliseconds{100});
  EXPECT_EQ(alias(), mark);
  EXPECT_EQ(inside_.restored(), 1U);
}

TEST_F(InsideTest, TakesAwayWhatIsOnAnInterfaceWhoseMarkIsLost) {
  settle();
  ASSERT_TRUE(look_.set_alias(kName, "of somebody else"));
  ASSERT_TRUE(inside_.rest(kName));
  EXPECT_TRUE(routes().empty());
  EXPECT_FALSE(has_address());
  EXPECT_FALSE(is_guarded());
}

TEST_F(InsideTest, TakesEverythingAwayWhereItsMarkIsLost) {
  settle();
  ASSERT_TRUE(look_.set_alias(kName, "of somebody else"));
  ASSERT_TRUE(inside_.close());
  EXPECT_FALSE(look_.index_of(kName));
  EXPECT_FALSE(is_guarded());
  EXPECT_TRUE(on_record().empty());
}

}  // namespace
}  // namespace sallyport
