#include "server/gateway/connection_room.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sallyport {
namespace {

TEST(ConnectionRoom, LetsInAsManyAsItHasPlacesAndMoreOnceSomebodyLeft) {
  ConnectionRoom room{3};
  std::vector<ConnectionRoom::Place> places;
  for (int i = 0; i < 3; ++i) places.push_back(room.enter());
  EXPECT_TRUE(places.back());
  EXPECT_FALSE(room.enter());
  EXPECT_EQ(room.taken(), 3U);
  std::thread{[&] { places.pop_back(); }}.join();
  EXPECT_EQ(room.taken(), 2U);
  EXPECT_TRUE(room.enter()) << "and gives that place back at once";
  EXPECT_EQ(room.taken(), 2U);
}

TEST(ConnectionRoom, GivesAPlaceBackOnceHoweverOftenItWasMoved) {
  ConnectionRoom room{2};
  auto place = room.enter();
  auto moved = std::move(place);
  EXPECT_EQ(room.taken(), 1U);
  moved.reset();
  moved.reset();
  EXPECT_EQ(room.taken(), 0U);
}

TEST(ConnectionRoom, OutlivesNoPlace) {
  ConnectionRoom::Place place;
  {
    ConnectionRoom room{1};
    place = room.enter();
  }
  place.reset();
}

TEST(ConnectionRoom, HasHalfAsMuchAgainForThoseThatChangeSessions) {
  EXPECT_EQ(places_of({.sessions = 1000}), 1500U);
  EXPECT_EQ(places_of({.sessions = 1}), 9U);
  EXPECT_EQ(places_of({.sessions = 1'000'000}), 1'500'000U);
}

}  // namespace
}  // namespace sallyport
