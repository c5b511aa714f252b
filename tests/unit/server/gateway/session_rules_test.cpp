#include "server/gateway/session_rules.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::seconds;

class SessionRules : public testing::Test {
 protected:
  SessionRules() { registry.give_numbers(1, 1000); }
  SessionId add(const char* user, const char* device, int since) {
    SessionRegistry::Entry entry;
    entry.grant.id = registry.next_id();
    entry.grant.user = UserId{user};
    entry.grant.device = DeviceId{device};
    entry.since = TimePoint{seconds{since}};
    const auto id = entry.grant.id;
    registry.add(std::move(entry));
    return id;
  }
  RoomForDevice room(const char* user, const char* device) const {
    return room_for(registry, UserId{user}, DeviceId{device}, settings);
  }

  SessionRegistry registry;
  SessionSettings settings;
};

TEST_F(SessionRules, LetAnyNumberOfDevicesInWithoutALimit) {
  for (int i = 0; i < 100; ++i) add("ana", ("laptop-" + std::to_string(i)).c_str(), i);
  EXPECT_FALSE(room("ana", "another").is_refused);
  EXPECT_TRUE(beyond_limit(registry, settings).empty());
}

TEST_F(SessionRules, RefuseOneDeviceMoreAndNobodyElses) {
  settings.per_user = 2;
  add("ana", "one", 1);
  add("bo", "three", 1);
  EXPECT_FALSE(room("ana", "two").is_refused);
  add("ana", "two", 2);
  EXPECT_TRUE(room("ana", "four").is_refused);
  EXPECT_FALSE(room("bo", "four").is_refused);
}

TEST_F(SessionRules, LetADeviceThatIsConnectedOpenItsNextSession) {
  settings.per_user = 1;
  add("ana", "one", 1);
  EXPECT_FALSE(room("ana", "one").is_refused);
  add("ana", "one", 2);
  EXPECT_FALSE(room("ana", "one").is_refused) << "its two sessions are one device";
}

TEST_F(SessionRules, EndTheOldestDeviceWhereThatIsWanted) {
  settings.per_user = 2;
  settings.per_user_full = PerUserFull::EndOldest;
  const auto oldest = add("ana", "one", 1);
  add("ana", "two", 2);
  const auto made = room("ana", "three");
  EXPECT_FALSE(made.is_refused);
  EXPECT_EQ(made.ends, std::vector{oldest});
}

TEST_F(SessionRules, ADeviceIsAsOldAsItsFirstSessionHoweverOftenItMoved) {
  settings.per_user = 2;
  settings.per_user_full = PerUserFull::EndOldest;
  const auto first = add("ana", "one", 1);
  add("ana", "two", 2);
  const auto next = add("ana", "one", 3);
  registry.remove(first);
  EXPECT_EQ(room("ana", "three").ends, std::vector{next});
}

TEST_F(SessionRules, ALowerLimitEndsTheNewestOrWhereWantedTheOldest) {
  settings.per_user = 1;
  const auto oldest = add("ana", "one", 1);
  const auto newest = add("ana", "two", 2);
  add("bo", "three", 1);
  EXPECT_EQ(beyond_limit(registry, settings), std::vector{newest});
  settings.per_user_full = PerUserFull::EndOldest;
  EXPECT_EQ(beyond_limit(registry, settings), std::vector{oldest});
}

TEST(SamePlace, IsOneIpv4AddressOrOneIpv6Network) {
  const auto same = [](const char* a, const char* b) {
    return is_same_place(*IpAddress::parse(a), *IpAddress::parse(b));
  };
  EXPECT_TRUE(same("198.51.100.2", "198.51.100.2"));
  EXPECT_FALSE(same("198.51.100.2", "198.51.100.3"));
  EXPECT_TRUE(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
  EXPECT_FALSE(same("2001:db8:1:2::1", "2001:db8:1:3::1"));
  EXPECT_FALSE(same("198.51.100.2", "2001:db8::1"));
}

}  // namespace
}  // namespace sallyport
