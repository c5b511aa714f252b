// No packet is judged by a mix of two policies: one of two packets that travel together is allowed by each policy, the
// other one by the other, while the policies alternate under them. Both or neither would be a mix. With several
// workers, one after the other gets the new policy.

#include "server/policy/loader.hpp"
#include "tests/support/live_worker.hpp"
#include "tests/support/packets.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <iostream>
#include <thread>

namespace sallyport {
namespace {

using namespace test;

constexpr std::chrono::seconds kTime{3};

/// Allows one of the two hosts and denies the other by name, among rules that say nothing of either.
std::shared_ptr<const Policy> policy_for(const std::string& open, const std::string& closed) {
  std::string text = "version = 1\n[resources]\nopen = { net = \"" + open +
                     "\", ports = \"7/udp\" }\nclosed = { net = \"" + closed +
                     "\", ports = \"7/udp\" }\nboth = { net = \"10.20.0.0/24\", ports = \"7/udp\" }\n";
  for (int i = 0; i < 200; ++i)
    text += "o" + std::to_string(i) + " = { net = \"10.30.0." + std::to_string(i) + "\", ports = \"any\" }\n";
  text +=
      "[allow.open]\nwho = \"everyone\"\nto = [\"open\", \"both\"]\n[deny.closed]\nwho = \"everyone\"\nto = "
      "\"closed\"\n";
  for (int i = 0; i < 200; ++i)
    text += "[allow.o" + std::to_string(i) + "]\nwho = \"everyone\"\nto = \"o" + std::to_string(i) + "\"\n";
  auto loaded = load_policy_texts({{"generation.toml", text}});
  EXPECT_TRUE(loaded.has_value()) << (loaded ? std::string{} : to_string(loaded.error()));
  return loaded ? loaded->policy : Policy::deny_all();
}

class PolicyGeneration : public testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    for (std::size_t i = 0; i < GetParam(); ++i) clients_.push_back(workers_.connect());
  }
  [[nodiscard]] LiveClient& client_of(std::uint32_t number) const { return *clients_[number % clients_.size()]; }

  /// A packet with a number to one of the hosts, of each client always of the same flow.
  [[nodiscard]] ByteBuffer numbered(std::size_t host, std::uint32_t number) const {
    auto datagram = udp(5000, 7, 4);
    put32(datagram.bytes, 8, number);
    return packet(client_of(number).address(), address(kHosts[host]), std::move(datagram));
  }

  void collect(std::chrono::milliseconds patience) {
    std::array<pollfd, 2> both{pollfd{sockets_[0].get(), POLLIN, 0}, pollfd{sockets_[1].get(), POLLIN, 0}};
    (void)::poll(both.data(), both.size(), static_cast<int>(patience.count()));
    for (unsigned host = 0; host < 2; ++host) {
      std::array<std::byte, 64> data{};
      while (::recv(sockets_[host].get(), data.data(), data.size(), 0) >= 4) {
        const auto number = load_be32(Bytes{data});
        if (number < arrived_.size()) arrived_[number] |= 1U << host;
      }
    }
  }

  static constexpr std::array<const char*, 2> kHosts{"10.20.0.1", "10.20.0.2"};
  const std::array<std::shared_ptr<const Policy>, 2> policies_{policy_for(kHosts[0], kHosts[1]),
                                                               policy_for(kHosts[1], kHosts[0])};
  LiveWorker workers_{policies_[0], GetParam()};
  std::vector<std::unique_ptr<LiveClient>> clients_;  ///< one on each worker
  std::array<FileDescriptor, 2> sockets_{listen_at(kHosts[0]), listen_at(kHosts[1])};
  std::vector<unsigned> arrived_;  ///< by number: bit 0 and 1 for the two hosts
};

TEST_P(PolicyGeneration, EveryPairOfPacketsIsJudgedByOnePolicy) {
  std::atomic<bool> over{false};
  unsigned reloads = 0;
  std::thread control{[&] {
    for (; !over; ++reloads) workers_.replace_policy(policies_[(reloads + 1) % 2]);
  }};
  const auto end = std::chrono::steady_clock::now() + kTime;
  while (std::chrono::steady_clock::now() < end) {
    const auto number = static_cast<std::uint32_t>(arrived_.size());
    arrived_.push_back(0);
    const auto first = number / GetParam() % 2;
    client_of(number).send({numbered(first, number), numbered(1 - first, number)});
    for (int tries = 0; arrived_[number] == 0 && tries < 100; ++tries) collect(std::chrono::milliseconds{20});
  }
  over = true;
  control.join();
  collect(std::chrono::milliseconds{100});
  std::array<std::size_t, 4> seen{};
  for (const auto bits : arrived_) ++seen[bits];
  std::cout << arrived_.size() << " pairs, " << reloads << " policies in turn; first allowed " << seen[1] << ", second "
            << seen[2] << ", neither " << seen[0] << ", both " << seen[3] << '\n';
  EXPECT_EQ(seen[0], 0U) << "judged by a mix that allows neither";
  EXPECT_EQ(seen[3], 0U) << "judged by a mix that allows both";
  EXPECT_GT(seen[1], 50U);
  EXPECT_GT(seen[2], 50U);
  EXPECT_GT(reloads, 50U);
}
INSTANTIATE_TEST_SUITE_P(Workers, PolicyGeneration, testing::Values(1U, 2U));

}  // namespace
}  // namespace sallyport
