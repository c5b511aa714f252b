#include "server/gateway/connection_room.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace sallyport {
namespace {

const DeviceId kLaptop{"ana-laptop"};

TEST(ConnectionRoom, LetsInAsManyAsItHasPlacesAndMoreOnceSomebodyLeft) {
  ConnectionRoom room{3, 3};
  std::vector<ConnectionRoom::Place> places;
  for (int i = 0; i < 3; ++i) places.push_back(room.enter(DeviceId{std::to_string(i)}));
  EXPECT_TRUE(places.back());
  EXPECT_FALSE(room.enter(kLaptop));
  EXPECT_EQ(room.taken(), 3U);
  std::thread{[&] { places.pop_back(); }}.join();
  EXPECT_EQ(room.taken(), 2U);
  EXPECT_TRUE(room.enter(kLaptop)) << "and gives that place back at once";
  EXPECT_EQ(room.taken(), 2U);
}

TEST(ConnectionRoom, KeepsOneDeviceFromTakingAllPlaces) {
  ConnectionRoom room{9, kPlacesOfOne};
  std::vector<ConnectionRoom::Place> places;
  while (auto place = room.enter(kLaptop)) places.push_back(std::move(place));
  EXPECT_EQ(places.size(), 4U);
  EXPECT_TRUE(room.is_full_of(kLaptop));
  EXPECT_TRUE(room.enter(DeviceId{"bo-laptop"}));
  places.pop_back();
  EXPECT_FALSE(room.is_full_of(kLaptop));
  EXPECT_TRUE(room.enter(kLaptop));
}

TEST(ConnectionRoom, GivesAPlaceBackOnceHoweverOftenItWasMoved) {
  ConnectionRoom room{2, 2};
  auto place = room.enter(kLaptop);
  auto moved = std::move(place);
  EXPECT_EQ(room.taken(), 1U);
  moved.reset();
  moved.reset();
  EXPECT_EQ(room.taken(), 0U);
}

TEST(ConnectionRoom, OutlivesNoPlace) {
  ConnectionRoom::Place place;
  {
    ConnectionRoom room{1, 1};
    place = room.enter(kLaptop);
  }
  place.reset();
}

TEST(ConnectionRoom, HasHalfAsMuchAgainForThoseThatChangeSessions) {
  EXPECT_EQ(places_of({.sessions = 1000}), 1500U);
  EXPECT_EQ(places_of({.sessions = 1}), 9U);
  EXPECT_EQ(places_of({.sessions = 1'000'000}), 1'500'000U);
}

TEST(ConnectionRoom, HasADescriptorForEveryPlaceThatThereIs) {
  EXPECT_EQ(descriptors_of({.half_open = 512, .sessions = 1000}), 1500U + 256 + 1024 + 512 + 128 + 256);
}

}  // namespace
}  // namespace sallyport
