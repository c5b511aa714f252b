#pragma once

#include "server/flow/packet_filter.hpp"
#include "server/policy/loader.hpp"
#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <utility>

namespace sallyport {

inline void PrintTo(DropReason reason, std::ostream* out) { *out << name_of(reason); }
inline void PrintTo(Action action, std::ostream* out) {
  *out << (action == Action::Pass ? "Pass" : action == Action::Refuse ? "Refuse" : "Drop");
}

namespace test {

inline constexpr std::string_view kLaptop = "10.99.0.2";
inline constexpr std::string_view kLaptop6 = "fd12::2";
inline constexpr std::string_view kWeb = "10.20.4.10";  ///< 443/tcp, 53/udp and icmp are allowed
inline constexpr std::string_view kWeb6 = "fd00:20::10";
inline constexpr std::string_view kLab = "10.30.0.1";  ///< everything is allowed
inline constexpr std::string_view kSecret = "10.66.0.1";

inline constexpr std::string_view kUsualPolicy = R"(
version = 1
[resources]
web = { net = ["10.20.4.10", "fd00:20::10"], ports = ["443/tcp", "53/udp", "icmp"] }
lab = { net = "10.30.0.0/16", ports = "any" }
[allow.ana]
who = "ana@example.com"
to  = ["web", "lab"]
)";
inline constexpr std::string_view kEmptyPolicy = "version = 1\n";

inline std::shared_ptr<const Rights> rights_of(std::string_view policy, WallTime certificate_expires = kNever) {
  const auto loaded = load_policy_texts({{"test.toml", std::string{policy}}});
  EXPECT_TRUE(loaded) << (loaded ? std::string{} : to_string(loaded.error()));
  if (!loaded) return nullptr;
  return loaded->policy->rights_for(
      {UserId{"ana@example.com"}, DeviceId{"laptop"}, address("198.51.100.7"), certificate_expires}, WallTime{});
}

/// One session of ana's laptop, and both its clocks.
class FilterTest : public testing::Test {
 protected:
  Judgement from_client(const ByteBuffer& packet) { return filter.judge_from_client(packet, now); }
  Judgement from_office(const ByteBuffer& packet) { return filter.judge_from_office(packet, now); }

  template <class Rep, class Period>
  void pass_time(std::chrono::duration<Rep, Period> time) {
    now.steady += time;
    now.wall += std::chrono::duration_cast<std::chrono::seconds>(time);
  }

  Now now{TimePoint{} + std::chrono::hours{1}, parse_utc("2026-11-21T08:00:00Z").value()};
  InsideAddresses inside{address(kLaptop), address(kLaptop6)};
  PacketFilter filter{inside, rights_of(kUsualPolicy), FlowLimits{}};
};

inline ByteBuffer to_web(std::uint8_t flags = kSyn, std::uint16_t port = 40000) {
  return packet(kLaptop, kWeb, tcp(port, 443, flags));
}
inline ByteBuffer from_web(std::uint8_t flags = kAck, std::uint16_t port = 40000) {
  return packet(kWeb, kLaptop, tcp(443, port, flags));
}

}  // namespace test
}  // namespace sallyport
