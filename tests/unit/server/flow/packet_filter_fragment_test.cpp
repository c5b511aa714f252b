#include "server/flow/packet_filter.hpp"
#include "tests/unit/server/flow/filter_fixture.hpp"

namespace sallyport {
namespace {

using namespace test;

struct Family {
  std::string_view laptop, web;
};
constexpr Family kFamilies[] = {{kLaptop, kWeb}, {kLaptop6, kWeb6}};

ByteBuffer allowed(const Family& family) { return packet(family.laptop, family.web, udp(5000, 53, 192)); }
ByteBuffer forbidden(const Family& family) { return packet(family.laptop, family.web, udp(5000, 54, 192)); }

using PacketFilterFragments = FilterTest;

TEST_F(PacketFilterFragments, FollowTheirFirstInBothDirections) {
  for (const auto& family : kFamilies) {
    EXPECT_EQ(from_client(fragment(allowed(family), 7, 0, 80, true)).action, Action::Pass);
    EXPECT_EQ(from_client(fragment(allowed(family), 7, 80, 80, true)).action, Action::Pass);
    EXPECT_EQ(from_client(fragment(allowed(family), 7, 160, 40, false)).action, Action::Pass);
    const auto reply = packet(family.web, family.laptop, udp(53, 5000, 192));
    EXPECT_EQ(from_office(fragment(reply, 8, 0, 160, true)).action, Action::Pass);
    EXPECT_EQ(from_office(fragment(reply, 8, 160, 40, false)).action, Action::Pass);
  }
}

TEST_F(PacketFilterFragments, MayPassAsLongAsTheirFirst) {
  const auto ends = now.wall + std::chrono::hours{1};
  filter = PacketFilter{inside, rights_of(kUsualPolicy, ends), FlowLimits{}};
  EXPECT_EQ(from_client(fragment(allowed(kFamilies[0]), 7, 0, 80, true)).decision.valid_until, ends);
  EXPECT_EQ(from_client(fragment(allowed(kFamilies[0]), 7, 80, 80, true)).decision.valid_until, ends);
  EXPECT_EQ(from_client(fragment(allowed(kFamilies[0]), 7, 160, 40, false)).decision.valid_until, ends);
}

TEST_F(PacketFilterFragments, OfAForbiddenPortNeverPass) {
  for (const auto& family : kFamilies) {
    EXPECT_EQ(from_client(fragment(forbidden(family), 7, 0, 80, true)).action, Action::Refuse);
    const auto later = from_client(fragment(forbidden(family), 7, 80, 120, false));
    EXPECT_EQ(later.action, Action::Drop);
    EXPECT_EQ(later.reason, DropReason::NoFirstFragment);
  }
}

TEST_F(PacketFilterFragments, BeforeTheirFirstAreDropped) {
  for (const auto& family : kFamilies) {
    EXPECT_EQ(from_client(fragment(allowed(family), 7, 80, 120, false)).reason, DropReason::NoFirstFragment);
    EXPECT_EQ(from_client(fragment(allowed(family), 7, 0, 80, true)).action, Action::Pass);
  }
}

TEST_F(PacketFilterFragments, OfAnotherDatagramDoNotBorrowItsVerdict) {
  for (const auto& family : kFamilies) {
    ASSERT_EQ(from_client(fragment(allowed(family), 7, 0, 80, true)).action, Action::Pass);
    EXPECT_EQ(from_client(fragment(allowed(family), 8, 80, 120, false)).reason, DropReason::NoFirstFragment);
  }
  const auto to_lab = packet(kLaptop, kLab, udp(5000, 53, 192));
  EXPECT_EQ(from_client(fragment(to_lab, 7, 80, 120, false)).reason, DropReason::NoFirstFragment) << "other host";
  const auto other = packet(kLaptop, kWeb, raw(47, zeros(200)));
  EXPECT_EQ(from_client(fragment(other, 7, 80, 120, false)).reason, DropReason::NoFirstFragment) << "other protocol";
}

TEST_F(PacketFilterFragments, FromTheOfficeNeedALiveFlow) {
  for (const auto& family : kFamilies) {
    const auto unasked = packet(family.web, family.laptop, udp(53, 5000, 192));
    EXPECT_EQ(from_office(fragment(unasked, 8, 0, 160, true)).reason, DropReason::NoFlow);
    EXPECT_EQ(from_office(fragment(unasked, 8, 160, 40, false)).reason, DropReason::NoFirstFragment);
  }
}

TEST_F(PacketFilterFragments, ThatOverlapPoisonTheDatagram) {
  for (const auto& family : kFamilies) {
    ASSERT_EQ(from_client(fragment(allowed(family), 7, 0, 80, true)).action, Action::Pass);
    EXPECT_EQ(from_client(fragment(allowed(family), 7, 72, 80, true)).reason, DropReason::OverlappingFragment);
    EXPECT_EQ(from_client(fragment(allowed(family), 7, 152, 48, false)).reason, DropReason::OverlappingFragment);
  }
}

TEST_F(PacketFilterFragments, CannotReplaceAFirstThatPassed) {
  for (const auto& family : kFamilies) {
    ASSERT_EQ(from_client(fragment(allowed(family), 7, 0, 80, true)).action, Action::Pass);
    EXPECT_EQ(from_client(fragment(forbidden(family), 7, 0, 80, true)).action, Action::Refuse);
    EXPECT_EQ(from_client(fragment(allowed(family), 7, 0, 80, true)).reason, DropReason::OverlappingFragment);
    EXPECT_EQ(from_client(fragment(allowed(family), 7, 80, 120, false)).reason, DropReason::OverlappingFragment);
  }
}

TEST_F(PacketFilterFragments, CannotReplaceAnIpv6FirstUnderAnotherNextHeader) {
  ASSERT_EQ(from_client(fragment(allowed(kFamilies[1]), 7, 0, 80, true)).action, Action::Pass);
  const auto web = packet(kLaptop6, kWeb6, tcp(40000, 443, kSyn, 100));
  EXPECT_EQ(from_client(fragment(web, 7, 0, 40, true)).reason, DropReason::OverlappingFragment)
      << "RFC 8200 4.5 reassembles by addresses and identification alone";
}

TEST_F(PacketFilterFragments, AreForgottenThirtySecondsAfterTheFirst) {
  for (const auto& family : kFamilies) {
    ASSERT_EQ(from_client(fragment(allowed(family), 7, 0, 80, true)).action, Action::Pass);
    pass_time(std::chrono::seconds{29});
    EXPECT_EQ(from_client(fragment(allowed(family), 7, 80, 80, true)).action, Action::Pass);
    pass_time(std::chrono::seconds{1});
    EXPECT_EQ(from_client(fragment(allowed(family), 7, 160, 40, false)).reason, DropReason::NoFirstFragment);
  }
}

TEST_F(PacketFilterFragments, AreCutByANewGeneration) {
  for (const auto& family : kFamilies) {
    ASSERT_EQ(from_client(fragment(allowed(family), 7, 0, 80, true)).action, Action::Pass);
    filter.replace_rights(rights_of(kUsualPolicy));
    EXPECT_EQ(from_client(fragment(allowed(family), 7, 80, 120, false)).reason, DropReason::NoFirstFragment);
  }
}

TEST_F(PacketFilterFragments, AreCutWhenTheDecisionOfTheirFirstExpires) {
  filter.replace_rights(rights_of(kUsualPolicy, now.wall + std::chrono::seconds{10}));
  for (const auto& family : kFamilies) {
    ASSERT_EQ(from_client(fragment(allowed(family), 7, 0, 80, true)).action, Action::Pass);
  }
  now.wall += std::chrono::seconds{10};
  for (const auto& family : kFamilies) {
    EXPECT_EQ(from_client(fragment(allowed(family), 7, 80, 120, false)).reason, DropReason::NoFirstFragment);
  }
}

/// A reply of two pieces that passed once, and waits.
class FragmentsThatWaited : public PacketFilterFragments {
 protected:
  FragmentsThatWaited() {
    (void)from_client(packet(kLaptop, kWeb, udp(5000, 53)));
    EXPECT_EQ(from_office(first).action, Action::Pass);
    EXPECT_EQ(from_office(later).action, Action::Pass);
  }
  Judgement again(const ByteBuffer& piece) { return filter.judge_again(piece, now); }

  const ByteBuffer reply = packet(kWeb, kLaptop, udp(53, 5000, 192));
  const ByteBuffer first = fragment(reply, 8, 0, 80, true);
  const ByteBuffer later = fragment(reply, 8, 80, 80, true);
  const ByteBuffer last = fragment(reply, 8, 160, 40, false);
};

TEST_F(FragmentsThatWaited, PassOnceMoreWhileOthersOfTheirDatagramAreStillToCome) {
  EXPECT_EQ(again(first).action, Action::Pass);
  EXPECT_EQ(again(later).action, Action::Pass);
  EXPECT_EQ(from_office(last).action, Action::Pass) << "it poisons nothing";
  EXPECT_EQ(filter.stats().drops[static_cast<std::size_t>(DropReason::OverlappingFragment)], 0U);
}

TEST_F(FragmentsThatWaited, PassByANewGenerationThatStillLetsThemThrough) {
  filter.replace_rights(rights_of(kUsualPolicy));
  EXPECT_EQ(again(later).reason, DropReason::NoFirstFragment) << "not before their first";
  EXPECT_EQ(again(first).action, Action::Pass);
  EXPECT_EQ(again(later).action, Action::Pass);
  EXPECT_EQ(from_office(last).action, Action::Pass);
}

TEST_F(FragmentsThatWaited, PassByANewDecisionOnceTheOneBeforeHasEnded) {
  const auto ends = now.wall + std::chrono::seconds{5};
  filter = PacketFilter{inside, rights_of(kUsualPolicy, ends), FlowLimits{}};
  (void)from_client(packet(kLaptop, kWeb, udp(5000, 53)));
  ASSERT_EQ(from_office(first).decision.valid_until, ends);
  ASSERT_EQ(from_office(later).action, Action::Pass);
  filter.extend_rights(rights_of(kUsualPolicy));
  pass_time(std::chrono::seconds{5});
  EXPECT_EQ(again(later).reason, DropReason::NoFirstFragment) << "their first has not passed anew";
  EXPECT_EQ(again(first).action, Action::Pass);
  EXPECT_EQ(again(later).action, Action::Pass);
}

TEST_F(FragmentsThatWaited, DoNotPassWhereTheirFlowIsForbiddenNow) {
  filter.replace_rights(rights_of(kEmptyPolicy));
  EXPECT_EQ(again(first).action, Action::Drop);
  EXPECT_EQ(again(later).action, Action::Drop);
}

TEST_F(FragmentsThatWaited, OfAPoisonedDatagramDoNotPass) {
  EXPECT_EQ(from_office(fragment(reply, 8, 40, 80, true)).reason, DropReason::OverlappingFragment);
  EXPECT_EQ(again(first).reason, DropReason::OverlappingFragment);
  EXPECT_EQ(again(later).reason, DropReason::OverlappingFragment);
}

TEST_F(PacketFilterFragments, AtomicOnesAreJudgedAlone) {
  const auto allowed_syn = packet(kLaptop6, kWeb6, tcp(40000, 443, kSyn));
  const auto forbidden_syn = packet(kLaptop6, kWeb6, tcp(40000, 22, kSyn));
  EXPECT_EQ(from_client(fragment(allowed_syn, 7, 0, 20, false)).action, Action::Pass);
  EXPECT_EQ(from_client(fragment(forbidden_syn, 7, 0, 20, false)).action, Action::Refuse);
  EXPECT_EQ(from_client(fragment(allowed_syn, 7, 0, 20, false)).action, Action::Pass) << "no overlap, RFC 6946";
  EXPECT_EQ(from_client(fragment(allowed(kFamilies[1]), 7, 80, 120, false)).reason, DropReason::NoFirstFragment);
}

TEST_F(PacketFilterFragments, OfTheClientAndOfTheOfficeAreDifferentDatagrams) {
  const auto reply = packet(kWeb, kLaptop, udp(53, 5000, 192));
  ASSERT_EQ(from_client(fragment(allowed(kFamilies[0]), 7, 0, 80, true)).action, Action::Pass);
  EXPECT_EQ(from_office(fragment(reply, 7, 80, 120, false)).reason, DropReason::NoFirstFragment);
}

}  // namespace
}  // namespace sallyport
