#include "server/gateway/session_registry.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

SessionRegistry::Entry entry(SessionRegistry& registry, const char* device) {
  if (!registry.has_numbers()) registry.give_numbers(1, 100);
  SessionRegistry::Entry made;
  made.grant.id = registry.next_id();
  made.grant.device = DeviceId{device};
  return made;
}

TEST(SessionRegistry, TellsWhichOlderSessionOfTheDeviceMustEnd) {
  SessionRegistry registry;
  const auto first = entry(registry, "ana-laptop");
  EXPECT_EQ(registry.add(first), std::nullopt);
  EXPECT_EQ(registry.add(entry(registry, "bo-laptop")), std::nullopt);
  EXPECT_EQ(registry.add(entry(registry, "ana-laptop")), first.grant.id);
}

TEST(SessionRegistry, RemovingTheOlderSessionLeavesTheNewestTheNewest) {
  SessionRegistry registry;
  const auto first = entry(registry, "ana-laptop");
  const auto second = entry(registry, "ana-laptop");
  (void)registry.add(first);
  (void)registry.add(second);
  registry.remove(first.grant.id);
  EXPECT_EQ(registry.add(entry(registry, "ana-laptop")), second.grant.id);
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
  (void)registry.add(entry(registry, "ana-laptop"));
  (void)registry.add(entry(registry, "bo-laptop"));
  const auto found = registry.where([](const auto& each) { return each.grant.device.text() == "bo-laptop"; });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(registry.find(found[0])->grant.device.text(), "bo-laptop");
}

}  // namespace
}  // namespace sallyport
