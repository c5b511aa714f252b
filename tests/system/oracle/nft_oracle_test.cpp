// The kernel's packet filter as a second opinion: the same policy for the same person as nft rules, the same packets
// through a real router, verdict by verdict. docs/policy-oracles.md lists what may differ, and why.

#include "server/flow/packet_filter.hpp"
#include "server/policy/policy.hpp"
#include "tests/support/packets.hpp"
#include "tests/system/oracle/kernel_router.hpp"
#include "tests/system/oracle/nft_policy.hpp"
#include "tests/system/oracle/random_traffic.hpp"
#include "tests/unit/server/policy/oracle.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <iostream>
#include <optional>
#include <set>

namespace sallyport::lab {
namespace {

constexpr std::size_t kDatagrams = 24'000;
constexpr std::size_t kDatagramsPerPolicy = 240;
/// Far longer than the kernel takes, and only waited for where we say that a packet passes.
constexpr std::chrono::milliseconds kPatience{300};

enum class Difference : std::uint8_t { None, WeAreStricter, WeAreLaxer };

/// The written list.
Difference intended(Traffic traffic) {
  switch (traffic) {
    case Traffic::ErrorAboutNothing:
    case Traffic::OtherIcmp:
    case Traffic::EchoReplyUnasked:
    case Traffic::Redirect:
    case Traffic::FragmentsBackwards:
      return Difference::WeAreStricter;
    default:
      return Difference::None;
  }
}

struct Tally {
  std::size_t asked = 0;
  std::size_t passed = 0;  ///< by us
  std::size_t stricter = 0;
  std::size_t laxer = 0;
};

class NftOracle : public testing::Test {
 protected:
  void SetUp() override {
    std::cout << "SALLYPORT_TEST_SEED=" << seed_ << std::endl;
    ASSERT_EQ(router_.problem(), "");
  }

  void use(const OracleCase& each) {
    const auto policy = Policy::compile(each.document);
    ASSERT_TRUE(policy.has_value()) << to_string(policy.error());
    filter_.emplace(InsideAddresses{test::address("10.99.0.2"), test::address("fd12::2")},
                    (*policy)->rights_for(each.evidence, each.now), FlowLimits{});
    for (const auto& part : nft_rules(each.document, each.evidence, each.now))
      ASSERT_EQ(router_.load(part), "") << print(each);
    traffic_.forget();
    live_.clear();
  }

  /// Whether every piece passes.
  bool we_pass(const Datagram& datagram, Now now) {
    bool all = true;
    for (const auto& piece : datagram.pieces) {
      const auto judgement = datagram.from == Sender::Client ? filter_->judge_from_client(piece, now)
                                                             : filter_->judge_from_office(piece, now);
      all = judgement.action == Action::Pass && all;
    }
    return all;
  }

  /// An error of the client about a flow that never came to be is about nothing, whatever the traffic meant it to be.
  Traffic class_of(const Datagram& datagram) const {
    const bool by_client = datagram.traffic == Traffic::Error && datagram.from == Sender::Client;
    return by_client && live_.count(datagram.port) == 0 ? Traffic::ErrorAboutNothing : datagram.traffic;
  }

  /// False when the two differ in a way that is not on the list.
  bool compare(const Datagram& datagram, Now now) {
    const auto traffic = class_of(datagram);
    auto& tally = tallies_[static_cast<std::size_t>(traffic)];
    const bool ours = we_pass(datagram, now);
    if (ours && datagram.port != 0) live_.insert(datagram.port);
    const bool theirs =
        router_.forwards(datagram.pieces, datagram.from, ours ? kPatience : std::chrono::milliseconds{0});
    ++tally.asked;
    if (ours) ++tally.passed;
    if (ours == theirs) return true;
    ++(ours ? tally.laxer : tally.stricter);
    return intended(traffic) == (ours ? Difference::WeAreLaxer : Difference::WeAreStricter);
  }

  static std::string print(const OracleCase& each) {
    return words_of(each.document, each.evidence, each.destination, each.now);
  }
  static std::string print(const Datagram& datagram) {
    std::string text{name_of(datagram.traffic)};
    text += datagram.from == Sender::Client ? " from the client:" : " from the office:";
    for (const auto& piece : datagram.pieces) {
      text += '\n';
      for (const auto octet : piece) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        text += kDigits[std::to_integer<unsigned>(octet) >> 4U];
        text += kDigits[std::to_integer<unsigned>(octet) & 15U];
      }
    }
    return text;
  }

  void print_tallies() const {
    for (std::size_t i = 0; i < kTraffics; ++i) {
      const auto& tally = tallies_[i];
      std::cout << name_of(Traffic{static_cast<std::uint8_t>(i)}) << ": " << tally.asked << " datagrams, "
                << tally.passed << " passed, " << tally.stricter << " of ours stricter, " << tally.laxer << " laxer\n";
    }
  }

  const std::uint64_t seed_ = random_seed();
  RandomPolicy random_{seed_};
  RandomTraffic traffic_{random_};
  KernelRouter router_;
  std::optional<PacketFilter> filter_;
  std::set<std::uint16_t> live_;  ///< client's ports of flows that passed
  std::array<Tally, kTraffics> tallies_{};
};

TEST_F(NftOracle, AgreesOnEveryPacketOutsideOfTheWrittenList) {
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t asked = 0; asked < kDatagrams;) {
    OracleCase each{random_.document(), random_.evidence(), {}, random_.time()};
    each.evidence.user = UserId{"u" + std::to_string(random_.below(5)) + "@example.com"};
    ASSERT_NO_FATAL_FAILURE(use(each));
    const Now now{TimePoint{std::chrono::hours{1}}, each.now};
    for (std::size_t i = 0; i < kDatagramsPerPolicy; ++i, ++asked) {
      const auto datagram = traffic_.next();
      ASSERT_TRUE(compare(datagram, now)) << print(datagram) << '\n' << print(each);
    }
  }
  print_tallies();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::cout << kDatagrams << " datagrams in " << took.count() << " s\n";
  EXPECT_EQ(router_.strangers(), 0U);
  EXPECT_EQ(router_.problem(), "");
  for (std::size_t i = 0; i < kTraffics; ++i) {
    const auto traffic = Traffic{static_cast<std::uint8_t>(i)};
    const auto& tally = tallies_[i];
    SCOPED_TRACE(name_of(traffic));
    EXPECT_GT(tally.asked, 50U);
    const auto difference = intended(traffic);
    // A class of differences in which nothing differs has no place on the list, and one in which we pass anything
    // where we mean to be stricter is another difference.
    if (difference == Difference::WeAreStricter) {
      EXPECT_GT(tally.stricter, 0U);
      EXPECT_EQ(tally.passed, 0U);
    } else if (traffic != Traffic::Unasked && traffic != Traffic::Foreign) {
      EXPECT_GT(tally.passed, 0U) << "nothing of it passed: the comparison shows little";
      EXPECT_LT(tally.passed, tally.asked);
    } else {
      EXPECT_EQ(tally.passed, 0U);
    }
  }
}

}  // namespace
}  // namespace sallyport::lab
