#include "server/gateway/session_registry.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace sallyport {
namespace {

SessionRegistry::Entry entry(SessionRegistry& registry, const char* device) {
  if (!registry.has_numbers()) registry.give_numbers(1, 100);
  SessionRegistry::Entry made;
  made.grant.id = registry.next_id();
  made.grant.device = DeviceId{device};
  return made;
}

TEST(SessionRegistry, KnowsADeviceAsLongAsOneOfItsSessionsLives) {
  SessionRegistry registry;
  const auto first = entry(registry, "ana-laptop");
  const auto second = entry(registry, "ana-laptop");
  registry.add(first);
  registry.add(second);
  registry.remove(second.grant.id);
  EXPECT_TRUE(registry.has(DeviceId{"ana-laptop"}));
  registry.remove(first.grant.id);
  EXPECT_FALSE(registry.has(DeviceId{"ana-laptop"}));
}

TEST(SessionRegistry, KnowsTheSessionsOfEachPerson) {
  SessionRegistry registry;
  auto made = {entry(registry, "ana-laptop"), entry(registry, "ana-desktop"), entry(registry, "bo-laptop")};
  for (auto each : made) {
    each.grant.user = UserId{each.grant.device.text().substr(0, each.grant.device.text().find('-'))};
    registry.add(each);
  }
  const auto devices_of = [&](const char* user) {
    std::set<std::string> devices;
    registry.for_each_of(UserId{user}, [&](const auto& each) { devices.insert(each.grant.device.text()); });
    return devices;
  };
  EXPECT_EQ(devices_of("ana"), (std::set<std::string>{"ana-laptop", "ana-desktop"}));
  EXPECT_EQ(devices_of("nobody"), std::set<std::string>{});
  registry.remove(std::data(made)[0].grant.id);
  EXPECT_EQ(devices_of("ana"), std::set<std::string>{"ana-desktop"});
  registry.remove(std::data(made)[2].grant.id);
  EXPECT_EQ(devices_of("bo"), std::set<std::string>{});
}

TEST(SessionRegistry, TheNewestThatCarriesIsTheCarrier) {
  SessionRegistry registry;
  const auto first = entry(registry, "ana-laptop");
  const auto second = entry(registry, "ana-laptop");
  registry.add(first);
  registry.add(second);
  const DeviceId device{"ana-laptop"};
  EXPECT_EQ(registry.carrier(device), nullptr);
  EXPECT_EQ(registry.newest(device)->grant.id, second.grant.id);
  registry.find(first.grant.id)->started = true;
  EXPECT_EQ(registry.carrier(device)->grant.id, first.grant.id);
  registry.find(second.grant.id)->started = true;
  EXPECT_EQ(registry.carrier(device)->grant.id, second.grant.id);
  EXPECT_EQ(registry.carrier(DeviceId{"bo-laptop"}), nullptr);
}

TEST(SessionRegistry, ASequelIsConnectedSinceTheFirstSessionOfItsRow) {
  SessionRegistry registry;
  auto first = entry(registry, "ana-laptop");
  auto second = entry(registry, "ana-laptop");
  first.since = TimePoint{std::chrono::seconds{1}};
  second.since = TimePoint{std::chrono::seconds{9}};
  registry.add(first);
  registry.add(second);
  EXPECT_EQ(registry.find(second.grant.id)->connected_since, first.since);
}

TEST(SessionRegistry, UsesTheNumbersItWasGivenOnceEach) {
  SessionRegistry registry;
  EXPECT_FALSE(registry.has_numbers());
  registry.give_numbers(70, 2);
  EXPECT_EQ(registry.next_id(), SessionId{70});
  EXPECT_EQ(registry.next_id(), SessionId{71});
  EXPECT_FALSE(registry.has_numbers());
}

TEST(SessionRegistry, FindsSessionsByWhatTheyAre) {
  SessionRegistry registry;
  registry.add(entry(registry, "ana-laptop"));
  registry.add(entry(registry, "bo-laptop"));
  const auto found = registry.where([](const auto& each) { return each.grant.device.text() == "bo-laptop"; });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(registry.find(found[0])->grant.device.text(), "bo-laptop");
}

}  // namespace
}  // namespace sallyport
