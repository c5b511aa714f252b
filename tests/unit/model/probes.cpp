#include "tests/unit/model/probes.hpp"

#include "common/wire/datagram.hpp"
#include "tests/support/packets.hpp"

namespace sallyport::model {
namespace {

constexpr std::uint16_t kClientPort = 40'000;
constexpr std::uint16_t kFreshPort = 50'000;
constexpr std::uint16_t kStrangerPort = 60'000;
constexpr const char* kRouter = "10.20.0.1";

ByteBuffer request(const std::string& from, const Place& to, std::uint16_t port) {
  if (to.protocol == kIcmp) return test::packet(from, to.address, test::echo(kIcmp, false, port));
  if (to.protocol == kUdp) return test::packet(from, to.address, test::udp(port, to.port));
  return test::packet(from, to.address, test::tcp(port, to.port, test::kAck));
}

ByteBuffer reply(const Place& from, const std::string& to, std::uint16_t port, std::uint8_t flags = test::kAck) {
  if (from.protocol == kIcmp) return test::packet(from.address, to, test::echo(kIcmp, true, port));
  if (from.protocol == kUdp) return test::packet(from.address, to, test::udp(from.port, port));
  return test::packet(from.address, to, test::tcp(from.port, port, flags));
}

ByteBuffer error_about(const ByteBuffer& packet, const std::string& to) {
  return test::packet(kRouter, to, test::icmp_error(kIcmp, 3, 1, packet));
}

}  // namespace

Probes::Probes(const std::string& address) {
  for (int place = 0; place < kPlaces; ++place) {
    const auto& at = kAllPlaces[static_cast<std::size_t>(place)];
    for (int port = 0; port < kPorts; ++port) {
      const auto number = static_cast<std::uint16_t>(kClientPort + port);
      auto& flow = flows[static_cast<std::size_t>(place * kPorts + port)];
      flow.request = request(address, at, number);
      flow.reply = reply(at, address, number);
      flow.opening = reply(at, address, number, test::kSyn);
      flow.error = error_about(flow.request, address);
    }
    fresh[static_cast<std::size_t>(place)] = request(address, at, kFreshPort);
    append_datagram(fresh_capsules, fresh[static_cast<std::size_t>(place)]);
    never_out.push_back(request("10.99.0.77", at, kFreshPort));
    never_in.push_back(reply(at, address, kStrangerPort));
    never_in.push_back(error_about(request(address, at, kStrangerPort), address));
    never_in.push_back(reply(at, "10.99.0.77", kFreshPort));
  }
  never_out.push_back(request("10.20.4.10", kAllPlaces[0], kFreshPort));
}

std::array<ByteBuffer, 2> fragments_of(const std::string& address, int port, std::uint32_t id) {
  const auto whole =
      test::packet(address, kAllPlaces[kDns].address,
                   test::udp(static_cast<std::uint16_t>(kClientPort + port), kAllPlaces[kDns].port, 100));
  return {test::fragment(whole, id, 0, 64, true), test::fragment(whole, id, 64, 44, false)};
}

}  // namespace sallyport::model
