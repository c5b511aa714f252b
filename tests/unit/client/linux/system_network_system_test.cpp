#include "client/linux/system_network.hpp"

#include "client/linux/journalled_network.hpp"
#include "client/linux/network_plan.hpp"
#include "common/base/process.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tun/lanes.hpp"
#include "tun/network_watch.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace sallyport {
namespace {

constexpr const char* kName = "lab";
constexpr const char* kMark = "sallyport 6f1c";
constexpr TunOptions kQueue{.multi_queue = true, .persist = true, .offload = true};

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, std::filesystem::directory_iterator{});
}

/// No descriptor more can be opened as long as it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const int next = ::dup(0);
    ::close(next);
    const rlimit none{static_cast<rlim_t>(next), before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  }
  ~NoDescriptors() { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

/// No thread can begin as long as it lives: a stack as large as none can be.
class NoThreads {
 public:
  NoThreads() {
    EXPECT_EQ(::pthread_getattr_default_np(&before_), 0);
    pthread_attr_t huge{};
    EXPECT_EQ(::pthread_getattr_default_np(&huge), 0);
    EXPECT_EQ(::pthread_attr_setstacksize(&huge, std::size_t{1} << 60U), 0);
    EXPECT_EQ(::pthread_setattr_default_np(&huge), 0);
    ::pthread_attr_destroy(&huge);
  }
  ~NoThreads() {
    EXPECT_EQ(::pthread_setattr_default_np(&before_), 0);
    ::pthread_attr_destroy(&before_);
  }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;

 private:
  pthread_attr_t before_{};
};

/// Runs in a network namespace that its tests share.
class SystemNetworkTest : public testing::Test {
 protected:
  void TearDown() override { EXPECT_TRUE(network_.undo_all()); }
  [[nodiscard]] bool is_there() { return look_.index_of(kName).has_value(); }
  static NetworkChanges both_versions(Ipv6 ipv6 = Ipv6::Usable) {
    const InsideSettings settings{kName,
                                  {*IpAddress::parse("10.99.0.14"), *IpAddress::parse("fd00:99::14")},
                                  {*IpPrefix::parse("10.20.0.0/16"), *IpPrefix::parse("fd00:20::/32")},
                                  kMark};
    return plan_network(settings, ipv6);
  }
  bool leads_inside(const char* address) {
    return look_.path_to(*IpAddress::parse(address)).value_or(Path{}).interface == kName;
  }
  bool leads_inside() { return leads_inside("10.20.1.1") && leads_inside("fd00:20::1"); }
  /// What a service that was killed left in the namespace and in its journal.
  void die_with(const NetworkChanges& changes) {
    ASSERT_TRUE(network_.become(changes));
    (void)network_.take_device(kName);
  }
  JournalledNetwork next_start() { return {*Journal::load(directory_.file("journal.json")), system_}; }
  static bool switch_ipv6(const std::string& interface, bool on) {
    std::ofstream file{"/proc/sys/net/ipv6/conf/" + interface + "/disable_ipv6"};
    file << (on ? '0' : '1') << std::flush;
    return file.good();
  }
  static bool ip(const std::vector<std::string>& arguments) {
    std::vector<std::string> argv{"ip"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return run_process({.argv = argv}).value().exit_code == 0;
  }

  TemporaryDirectory directory_;
  NetworkConfig look_ = NetworkConfig::open().value();
  SystemNetwork system_{NetworkConfig::open().value()};
  JournalledNetwork network_{*Journal::load(directory_.file("journal.json")), system_};
  std::ptrdiff_t before_ = open_descriptors();
};

/// What nft has of ours; empty: nothing.
std::string guarded() {
  const auto listed = run_process({.argv = {"nft", "list", "table", "inet", "sallyport_inside"}});
  return listed && listed->exit_code == 0 ? listed->output : std::string{};
}

void await_guard(const std::string& address) {
  for (int i = 0; i < 200 && guarded().find(address) == std::string::npos; ++i) ::usleep(10'000);
  EXPECT_NE(guarded().find(address), std::string::npos) << guarded();
}

TEST_F(SystemNetworkTest, KeepsNeighboursOffTheInsideAddressesAsLongAsTheyAreThere) {
  ASSERT_TRUE(network_.become(both_versions()));
  for (int i = 0; i < 200 && guarded().find("fd00:99::14") == std::string::npos; ++i) ::usleep(10'000);
  EXPECT_NE(guarded().find("ip daddr 10.99.0.14 counter"), std::string::npos) << guarded();
  EXPECT_NE(guarded().find("iifname \"lab\" accept"), std::string::npos) << guarded();
  ASSERT_TRUE(network_.become({TunnelInterface{kName, kMark}}));
  EXPECT_EQ(guarded(), "");
  // What a run that was killed left goes with its addresses.
  ASSERT_TRUE(network_.become(both_versions()));
  for (int i = 0; i < 200 && guarded().empty(); ++i) ::usleep(10'000);
  {
    SystemNetwork next{NetworkConfig::open().value()};
    JournalledNetwork cleaner{*Journal::load(directory_.file("journal.json")), next};
    EXPECT_TRUE(cleaner.undo_all());
  }
  EXPECT_EQ(guarded(), "");
}

TEST_F(SystemNetworkTest, TakesNoAddressOfARouterOfTheSystem) {
  const auto lan = TunDevice::open("lan").value();
  ASSERT_TRUE(ip({"link", "set", "lan", "up"}));
  ASSERT_TRUE(ip({"address", "add", "10.99.0.2/24", "dev", "lan"}));
  ASSERT_TRUE(ip({"address", "add", "fd00:99::2/64", "dev", "lan", "nodad"}));
  EXPECT_TRUE(network_.become(both_versions())) << "a neighbour is no router";
  EXPECT_TRUE(network_.undo_all());
  for (const std::vector<std::string>& route : std::vector<std::vector<std::string>>{
           {"192.0.2.0/24", "via", "10.99.0.14"},
           {"192.0.2.0/24", "via", "10.99.0.14", "dev", "lan", "onlink"},
           {"192.0.2.0/24", "nexthop", "via", "10.99.0.3", "nexthop", "via", "10.99.0.14"},
           {"2001:db8::/64", "via", "fd00:99::14"}}) {
    std::vector<std::string> words{"route", "add"};
    words.insert(words.end(), route.begin(), route.end());
    ASSERT_TRUE(ip(words)) << route[2];
    const auto refused = network_.become(both_versions());
    ASSERT_FALSE(refused) << route[2];
    EXPECT_NE(refused.error().message.find("a router of the network"), std::string::npos) << refused.error().message;
    EXPECT_FALSE(is_there()) << "nothing was made before that was known";
    ASSERT_TRUE(ip({"route", "del", route[0]}));
  }
  EXPECT_TRUE(network_.become(both_versions()));
}

TEST_F(SystemNetworkTest, TakesNoAddressThatTheSystemHasElsewhere) {
  for (const char* own : {"10.99.0.14/32", "fd00:99::14/128"}) {
    ASSERT_TRUE(ip({"address", "add", own, "dev", "lo", "nodad"})) << own;
    const auto refused = network_.become(both_versions());
    ASSERT_FALSE(refused) << own;
    EXPECT_NE(refused.error().message.find("this system has that address already"), std::string::npos)
        << refused.error().message;
    EXPECT_FALSE(is_there()) << "nothing was made before that was known";
    ASSERT_TRUE(ip({"address", "delete", own, "dev", "lo"}));
  }
  EXPECT_TRUE(network_.become(both_versions()));
}

TEST_F(SystemNetworkTest, GivesTheDeviceThatItMadeToWhoMakesLanesOfItAndLeavesNothingBehind) {
  ASSERT_TRUE(network_.become({TunnelInterface{kName, kMark}}));
  EXPECT_FALSE(network_.take_device("other"));
  auto device = network_.take_device(kName);
  ASSERT_TRUE(device);
  EXPECT_FALSE(network_.take_device(kName)) << "once";
  auto made = TunLanes::beside(std::move(*device), kQueue);
  ASSERT_TRUE(made) << made.error().message;
  std::optional<TunLanes> lanes{std::move(*made)};
  EXPECT_TRUE(lanes->has_express());
  EXPECT_EQ(lanes->descriptors().size(), 2U);
  lanes.reset();
  device.reset();
  EXPECT_TRUE(is_there()) << "or what is protected would leave by another way when the daemon dies";
  ASSERT_TRUE(network_.undo_all());
  EXPECT_FALSE(is_there());
  EXPECT_EQ(open_descriptors(), before_);
}

TEST_F(SystemNetworkTest, LetsItsGuardGoWithAnAddressWhoseInterfaceWentFirst) {
  ASSERT_TRUE(network_.become(both_versions()));
  await_guard("10.99.0.14");
  ASSERT_TRUE(look_.delete_link(kName));
  ASSERT_TRUE(network_.undo_all());
  EXPECT_EQ(guarded(), "");
  ASSERT_TRUE(
      network_.become({TunnelInterface{kName, kMark}, TunnelAddress{kName, {*IpAddress::parse("10.99.0.15"), 32}}}));
  await_guard("10.99.0.15");
  EXPECT_EQ(guarded().find("10.99.0.14"), std::string::npos) << guarded();
  ASSERT_TRUE(network_.undo_all());
  EXPECT_EQ(guarded(), "");
}

TEST_F(SystemNetworkTest, LetsTheGuardOfAServiceGoThatWasKilledAndWhoseInterfaceWasRemoved) {
  die_with(both_versions());
  await_guard("10.99.0.14");
  ASSERT_TRUE(look_.delete_link(kName));
  SystemNetwork next{NetworkConfig::open().value()};
  JournalledNetwork cleaner{*Journal::load(directory_.file("journal.json")), next};
  ASSERT_TRUE(cleaner.undo_all());
  EXPECT_EQ(guarded(), "");
}

TEST(InsideGuard, SaysThatItHasNoThreadAndLetsGoWithoutOne) {
  InsideGuard{{}}.protect("lab", {*IpAddress::parse("10.99.0.14")});
  await_guard("10.99.0.14");
  std::vector<std::string> told;
  const NoThreads none;
  InsideGuard guard{[&](const std::string& words) { told.push_back(words); }};
  guard.protect("lab", {*IpAddress::parse("10.99.0.15")});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told.front().find("no thread"), std::string::npos) << told.front();
  guard.release();
  EXPECT_EQ(guarded(), "");
}

TEST_F(SystemNetworkTest, TakesAnInterfaceAwayWhoseDeviceNobodyTook) {
  ASSERT_TRUE(network_.become({TunnelInterface{kName, kMark}}));
  ASSERT_TRUE(network_.undo_all());
  EXPECT_FALSE(is_there());
  EXPECT_FALSE(network_.take_device(kName));
  EXPECT_EQ(open_descriptors(), before_);
}

TEST_F(SystemNetworkTest, TakesAnInterfaceAwayWhoseSecondQueueCouldNotBeOpened) {
  ASSERT_TRUE(network_.become({TunnelInterface{kName, kMark}}));
  auto device = network_.take_device(kName);
  ASSERT_TRUE(device);
  {
    const NoDescriptors none;
    const auto lanes = TunLanes::beside(std::move(*device), kQueue);
    ASSERT_FALSE(lanes);
    EXPECT_NE(lanes.error().message.find("cannot open /dev/net/tun"), std::string::npos) << lanes.error().message;
  }
  device.reset();
  EXPECT_EQ(open_descriptors(), before_);
  EXPECT_TRUE(is_there());
  ASSERT_TRUE(network_.undo_all());
  EXPECT_FALSE(is_there());
}

TEST_F(SystemNetworkTest, PutsBackEverythingThatAnotherProgramCanTakeAway) {
  const auto wanted = both_versions();
  ASSERT_TRUE(network_.become(wanted));
  const auto device = network_.take_device(kName);
  auto watch = NetworkWatch::open(kTunnelTable).value();
  EXPECT_EQ(network_.restore().value(), 0U) << "nothing is missing yet";
  EXPECT_FALSE(watch.take());
  ASSERT_TRUE(leads_inside());
  for (const auto& change : wanted) {
    if (std::holds_alternative<TunnelInterface>(change)) continue;
    ASSERT_TRUE(system_.undo(change));
    EXPECT_TRUE(watch.take()) << describe(change);
    // With its last address an interface loses its routes.
    EXPECT_GE(network_.restore().value(), 1U) << describe(change);
    EXPECT_TRUE(leads_inside()) << describe(change);
    (void)watch.take();
    EXPECT_FALSE(watch.has_more());
  }
  ASSERT_TRUE(look_.set_up(kName, false));
  EXPECT_TRUE(watch.take());
  EXPECT_GT(network_.restore().value(), 2U) << "the kernel takes the routes away with it";
  EXPECT_TRUE(leads_inside());
  ASSERT_TRUE(look_.set_alias(kName, "of somebody else"));
  EXPECT_EQ(network_.restore().value(), 1U);
  EXPECT_EQ(look_.state_of(kName).value().alias, kMark);
  ASSERT_TRUE(look_.delete_link(kName));
  EXPECT_TRUE(watch.take());
  EXPECT_FALSE(device->is_attached());
  EXPECT_FALSE(network_.restore());
}

TEST_F(SystemNetworkTest, SeesARouteOfAnotherInThePlaceOfItsOwnAndPutsItsOwnBack) {
  ASSERT_TRUE(look_.set_up("lo"));
  ASSERT_TRUE(network_.become(both_versions()));
  auto watch = NetworkWatch::open(kTunnelTable).value();
  for (const auto& [version, route] : {std::pair{"-4", "10.20.0.0/16"}, std::pair{"-6", "fd00:20::/32"}}) {
    ASSERT_TRUE(ip({version, "route", "replace", route, "dev", "lo", "table", "8383"}));
    EXPECT_FALSE(leads_inside());
    EXPECT_TRUE(watch.take()) << route;
    EXPECT_EQ(network_.restore().value(), 1U) << route;
    EXPECT_TRUE(leads_inside());
    (void)watch.take();
    EXPECT_EQ(network_.restore().value(), 0U) << "or it would have itself to answer for ever";
    EXPECT_FALSE(watch.take());
  }
  ASSERT_TRUE(ip({"route", "replace", "10.20.0.0/16", "dev", "lo", "table", "254"}));
  EXPECT_FALSE(watch.take()) << "of another table";
}

TEST_F(SystemNetworkTest, TakesThePlaceOfARouteThatAnotherPutIntoTheTableOfTheTunnel) {
  ASSERT_TRUE(look_.set_up("lo"));
  ASSERT_TRUE(ip({"route", "add", "10.20.0.0/16", "dev", "lo", "table", "8383"}));
  ASSERT_TRUE(network_.become(both_versions()));
  EXPECT_TRUE(leads_inside());
}

TEST_F(SystemNetworkTest, PutsBackIpv4WhereIpv6WasSwitchedOffOnItsInterface) {
  ASSERT_TRUE(network_.become(both_versions()));
  const auto device = network_.take_device(kName);
  auto watch = NetworkWatch::open(kTunnelTable).value();
  ASSERT_TRUE(switch_ipv6(kName, false));
  EXPECT_TRUE(watch.take());
  ASSERT_TRUE(ip({"route", "flush", "table", "8383"}));
  ASSERT_FALSE(leads_inside("10.20.1.1"));
  const auto put_back = network_.restore();
  ASSERT_FALSE(put_back);
  EXPECT_NE(put_back.error().message.find("fd00:99::14"), std::string::npos) << put_back.error().message;
  EXPECT_EQ(network_.restored(), 1U);
  EXPECT_TRUE(leads_inside("10.20.1.1"));
  ASSERT_TRUE(switch_ipv6(kName, true));
  EXPECT_EQ(network_.restore().value(), 2U);
  EXPECT_TRUE(leads_inside());
}

TEST_F(SystemNetworkTest, LetsNothingOfIpv6OutByAnotherWayWhileItIsOffOnItsInterface) {
  ASSERT_TRUE(look_.set_up("lo"));
  ASSERT_TRUE(ip({"tuntap", "add", "dev", "wan", "mode", "tun"}));
  ASSERT_TRUE(look_.set_up("wan"));
  ASSERT_TRUE(ip({"-6", "route", "add", "default", "dev", "wan"}));
  ASSERT_TRUE(network_.become(both_versions()));
  const auto device = network_.take_device(kName);
  ASSERT_TRUE(leads_inside());
  ASSERT_TRUE(switch_ipv6(kName, false));
  EXPECT_EQ(ipv6_of(kName), Ipv6::Off);
  const auto leads_out = [&] { return look_.path_to(*IpAddress::parse("fd00:20::1")).has_value(); };
  ASSERT_TRUE(leads_out()) << "the leak is there to be closed";
  ASSERT_TRUE(network_.become(both_versions(Ipv6::Off)));
  EXPECT_FALSE(leads_out());
  EXPECT_TRUE(look_.path_to(*IpAddress::parse("fd00:30::1"))) << "of nobody's but the laptop's own";
  EXPECT_EQ(network_.restore().value(), 0U) << "nothing is missing, so nothing is mended again and again";
  ASSERT_TRUE(ip({"-6", "route", "flush", "table", "8383"}));
  EXPECT_EQ(network_.restore().value(), 1U);
  EXPECT_FALSE(leads_out());
  EXPECT_TRUE(leads_inside("10.20.1.1"));
  ASSERT_TRUE(switch_ipv6(kName, true));
  EXPECT_EQ(ipv6_of(kName), Ipv6::Usable);
  ASSERT_TRUE(network_.become(both_versions()));
  EXPECT_TRUE(leads_inside());
  ASSERT_TRUE(network_.undo_all());
  EXPECT_TRUE(leads_out());
  ASSERT_TRUE(look_.delete_link("wan"));
}

TEST_F(SystemNetworkTest, ClosesTheWaysOfIpv6AlsoWhereAllInterfacesHadItOffOnce) {
  ASSERT_TRUE(look_.set_up("lo"));
  ASSERT_TRUE(switch_ipv6("all", false));
  EXPECT_EQ(ipv6_of(kName), Ipv6::Off) << "of an interface that is to be made";
  ASSERT_TRUE(network_.become(both_versions(Ipv6::Off)));
  ASSERT_TRUE(ip({"tuntap", "add", "dev", "wan", "mode", "tun"}));
  ASSERT_TRUE(switch_ipv6("wan", true));
  ASSERT_TRUE(look_.set_up("wan"));
  ASSERT_TRUE(ip({"-6", "route", "add", "default", "dev", "wan"}));
  EXPECT_FALSE(look_.path_to(*IpAddress::parse("fd00:20::1")));
  EXPECT_TRUE(look_.path_to(*IpAddress::parse("fd00:30::1")));
  ASSERT_TRUE(look_.delete_link("wan"));
  ASSERT_TRUE(switch_ipv6("all", true));
}

TEST_F(SystemNetworkTest, TakesAwayAnInterfaceThatWasRenamedAfterACrashAndNotTheOneWithItsOldName) {
  die_with(both_versions());
  ASSERT_TRUE(look_.set_up(kName, false));
  ASSERT_TRUE(ip({"link", "set", kName, "name", "taken"}));
  const auto other = TunDevice::open(kName).value();
  ASSERT_TRUE(look_.add_address(kName, {*IpAddress::parse("10.99.0.14"), 32}));
  auto next = next_start();
  ASSERT_TRUE(next.has_leftovers());
  ASSERT_TRUE(next.undo_all());
  EXPECT_FALSE(look_.index_of("taken")) << "ours";
  EXPECT_TRUE(other.is_attached());
  EXPECT_EQ(look_.addresses(kName).value().size(), 1U) << "nor what is on it";
  EXPECT_FALSE(Journal::load(directory_.file("journal.json"))->changes().size());
}

TEST_F(SystemNetworkTest, LeavesAnInterfaceThatGotTheNameOfOneThatWasRemovedAfterACrash) {
  die_with(both_versions());
  ASSERT_TRUE(look_.delete_link(kName));
  ASSERT_TRUE(ip({"tuntap", "add", "dev", kName, "mode", "tun", "multi_queue", "user", "root"}));
  ASSERT_TRUE(next_start().undo_all());
  EXPECT_TRUE(is_there());
  ASSERT_TRUE(look_.delete_link(kName));
}

TEST_F(SystemNetworkTest, KeepsOnRecordWhatIsOnAnInterfaceThatLostItsMarkAfterACrash) {
  die_with(both_versions());
  ASSERT_TRUE(look_.set_alias(kName, "of somebody else"));
  auto next = next_start();
  const auto refused = next.undo_all();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("ip link delete lab"), std::string::npos) << refused.error().message;
  EXPECT_FALSE(Journal::load(directory_.file("journal.json"))->changes().empty());
  ASSERT_TRUE(look_.delete_link(kName));
  ASSERT_TRUE(next.undo_all()) << "as it was told";
  EXPECT_TRUE(Journal::load(directory_.file("journal.json"))->changes().empty());
}

TEST_F(SystemNetworkTest, ReadsTheJournalOfAnEarlierVersionAndTakesAwayOnlyWhatItLeft) {
  const NetworkChanges unmarked{TunnelInterface{kName}};
  Journal journal = *Journal::load(directory_.file("journal.json"));
  ASSERT_TRUE(journal.replace(unmarked));
  {
    const auto other = TunDevice::open(kName, {.multi_queue = true}).value();
    ASSERT_TRUE(next_start().undo_all());
    EXPECT_TRUE(other.is_attached()) << "somebody uses it";
  }
  ASSERT_FALSE(is_there());
  ASSERT_TRUE(ip({"tuntap", "add", "dev", kName, "mode", "tun"}));
  ASSERT_TRUE(journal.replace(unmarked));
  ASSERT_TRUE(next_start().undo_all());
  EXPECT_TRUE(is_there()) << "we make none with a single queue";
  ASSERT_TRUE(look_.delete_link(kName));
  ASSERT_TRUE(TunDevice::open(kName, {.multi_queue = true, .persist = true}));
  ASSERT_TRUE(journal.replace(unmarked));
  ASSERT_TRUE(next_start().undo_all());
  EXPECT_FALSE(is_there());
}

TEST_F(SystemNetworkTest, LeavesNoInterfaceBehindThatItCouldNotMark) {
  // Longer than an alias can be.
  EXPECT_FALSE(network_.become({TunnelInterface{kName, std::string(300, 'x')}}));
  EXPECT_FALSE(is_there());
}

TEST_F(SystemNetworkTest, SaysThatMoreNewsWaitThanWereRead) {
  auto watch = NetworkWatch::open(kTunnelTable).value();
  ASSERT_TRUE(network_.become({TunnelInterface{kName, kMark}}));
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(look_.add_address(kName, {*IpAddress::parse("10.99.0." + std::to_string(i + 1)), 32}));
  }
  (void)watch.take();
  EXPECT_TRUE(watch.has_more());
  for (int i = 0; i < 10 && watch.has_more(); ++i) (void)watch.take();
  EXPECT_FALSE(watch.has_more());
}

TEST_F(SystemNetworkTest, LeavesAnInterfaceOfAnotherAlone) {
  const auto other = TunDevice::open(kName).value();
  EXPECT_FALSE(network_.become({TunnelInterface{kName, kMark}}));
  EXPECT_FALSE(network_.take_device(kName));
  EXPECT_TRUE(network_.undo_all());
  EXPECT_TRUE(is_there());
}

}  // namespace
}  // namespace sallyport
