#include "server/gateway/session_places.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

constexpr WorkerNumber kFirst{0};
constexpr WorkerNumber kSecond{1};

TEST(SessionPlaces, SpreadsDevicesEvenly) {
  SessionPlaces places{3};
  for (std::uint64_t i = 0; i < 9; ++i) (void)places.add(SessionId{i}, DeviceId{"device-" + std::to_string(i)});
  for (const auto worker : {WorkerNumber{0}, WorkerNumber{1}, WorkerNumber{2}})
    EXPECT_EQ(places.sessions_of(worker), 3U);
}

TEST(SessionPlaces, KeepsAllSessionsOfADeviceOnOneWorker) {
  SessionPlaces places{2};
  EXPECT_EQ(places.add(SessionId{1}, DeviceId{"ana"}), kFirst);
  EXPECT_EQ(places.add(SessionId{2}, DeviceId{"ana"}), kFirst) << "although the other one is idle";
  EXPECT_EQ(places.add(SessionId{3}, DeviceId{"bo"}), kSecond);
  EXPECT_EQ(places.add(SessionId{4}, DeviceId{"cy"}), kSecond);
  places.remove(SessionId{1});
  EXPECT_EQ(places.add(SessionId{5}, DeviceId{"ana"}), kFirst) << "it is there still";
  EXPECT_EQ(places.worker_of(SessionId{5}), kFirst);
  EXPECT_EQ(places.worker_of(SessionId{1}), std::nullopt);
}

TEST(SessionPlaces, ChoosesAnewForADeviceThatIsGone) {
  SessionPlaces places{2};
  (void)places.add(SessionId{1}, DeviceId{"ana"});
  (void)places.add(SessionId{2}, DeviceId{"bo"});
  places.remove(SessionId{1});
  (void)places.add(SessionId{3}, DeviceId{"cy"});
  places.remove(SessionId{2});
  EXPECT_EQ(places.add(SessionId{4}, DeviceId{"ana"}), kSecond);
}

TEST(SessionPlaces, CountsASessionOnceThatEndsTwice) {
  SessionPlaces places{1};
  (void)places.add(SessionId{1}, DeviceId{"ana"});
  (void)places.add(SessionId{2}, DeviceId{"ana"});
  places.remove(SessionId{1});
  places.remove(SessionId{1});
  EXPECT_EQ(places.sessions_of(kFirst), 1U);
  EXPECT_EQ(places.worker_of(SessionId{2}), kFirst);
}

}  // namespace
}  // namespace sallyport
