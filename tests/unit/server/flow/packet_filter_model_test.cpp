#include "server/flow/packet_filter.hpp"
#include "tests/unit/server/flow/filter_fixture.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <tuple>

namespace sallyport {
namespace {

using namespace test;

constexpr std::uint32_t kSeed = 4711;

/// The flow rules again, as slow and plain as possible: a map, and rights asked for every packet.
class Model {
 public:
  bool passes(bool from_client, const std::string& far, std::uint16_t near_port, std::uint16_t far_port,
              const Rights& rights, Now now) {
    const auto key = std::tuple{far, near_port, far_port};
    const auto known = last_seen_.find(key);
    const bool live = known != last_seen_.end() && now.steady - known->second < FlowLimits{}.udp;
    if (!from_client && !live) return false;
    if (!rights.judge({address(far), 17, far_port}, now.wall).allows()) {
      last_seen_.erase(key);
      return false;
    }
    last_seen_[key] = now.steady;
    return true;
  }

 private:
  std::map<std::tuple<std::string, std::uint16_t, std::uint16_t>, TimePoint> last_seen_;
};

using PacketFilterModel = FilterTest;

TEST_F(PacketFilterModel, AgreesWithAMapOnRandomTraffic) {
  const WallTime end = now.wall + std::chrono::hours{3};
  const std::shared_ptr<const Rights> choices[] = {rights_of(kUsualPolicy), rights_of(kEmptyPolicy),
                                                   rights_of(kUsualPolicy, end)};
  const std::string hosts[] = {std::string{kWeb}, std::string{kLab}, std::string{kSecret}};
  std::mt19937 random{kSeed};
  Model model;
  auto rights = choices[0];
  filter.replace_rights(rights);
  int passed = 0;
  for (int step = 0; step < 50'000; ++step) {
    if (random() % 300 == 0) filter.replace_rights(rights = choices[random() % 3]);
    if (random() % 10 == 0) pass_time(std::chrono::seconds{random() % 40});
    const auto& far = hosts[random() % 3];
    const auto near_port = static_cast<std::uint16_t>(1 + random() % 12);
    const auto far_port = static_cast<std::uint16_t>(52 + random() % 3);
    const bool ours = random() % 2 == 0;
    const auto bytes =
        ours ? packet(kLaptop, far, udp(near_port, far_port)) : packet(far, kLaptop, udp(far_port, near_port));
    const bool got = (ours ? from_client(bytes) : from_office(bytes)).action == Action::Pass;
    ASSERT_EQ(got, model.passes(ours, far, near_port, far_port, *rights, now)) << "step " << step << ", seed " << kSeed;
    passed += got ? 1 : 0;
  }
  EXPECT_GT(passed, 5'000);
  EXPECT_LT(passed, 45'000);
}

struct Exchange {
  std::vector<ByteBuffer> from_client, from_office;
};

/// Flows that have nothing to do with each other, some forbidden, some fragmented.
std::vector<Exchange> independent_exchanges() {
  std::vector<Exchange> out;
  for (std::uint16_t i = 1; i <= 60; ++i) {
    const auto far = i % 3 == 0 ? kSecret : i % 3 == 1 ? kLab : kWeb;
    const auto request = packet(kLaptop, far, udp(i, i % 2 == 0 ? 53 : 54, 192));
    const auto reply = packet(far, kLaptop, udp(i % 2 == 0 ? 53 : 54, i, 192));
    if (i % 5 == 0)
      out.push_back({{fragment(request, i, 0, 80, true), fragment(request, i, 80, 120, false)}, {reply}});
    else
      out.push_back({{request}, {reply}});
  }
  return out;
}

bool passes(PacketFilter& filter, const std::vector<ByteBuffer>& packets, bool from_client, Now now) {
  bool all = true;
  for (const auto& each : packets) {
    const auto judgement = from_client ? filter.judge_from_client(each, now) : filter.judge_from_office(each, now);
    all = all && judgement.action == Action::Pass;
  }
  return all;
}

/// For each exchange, whether requests and replies passed when the exchanges ran in `order`.
std::vector<std::pair<bool, bool>> verdicts(PacketFilter filter, const std::vector<std::size_t>& order, bool batched,
                                            Now now) {
  const auto exchanges = independent_exchanges();
  std::vector<std::pair<bool, bool>> out(exchanges.size());
  for (const auto i : order) {
    out[i].first = passes(filter, exchanges[i].from_client, true, now);
    if (!batched) out[i].second = passes(filter, exchanges[i].from_office, false, now);
  }
  if (!batched) return out;
  for (const auto i : order) out[i].second = passes(filter, exchanges[i].from_office, false, now);
  return out;
}

TEST_F(PacketFilterModel, VerdictsDoNotDependOnTheOrderOfIndependentFlows) {
  std::vector<std::size_t> order(independent_exchanges().size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto expected = verdicts(filter, order, false, now);
  EXPECT_TRUE(std::any_of(expected.begin(), expected.end(), [](const auto& each) { return each.first; }));
  EXPECT_FALSE(std::all_of(expected.begin(), expected.end(), [](const auto& each) { return each.first; }));
  std::mt19937 random{kSeed};
  for (int round = 0; round < 50; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    EXPECT_EQ(verdicts(filter, order, round % 2 == 0, now), expected) << "round " << round << ", seed " << kSeed;
  }
}

}  // namespace
}  // namespace sallyport
