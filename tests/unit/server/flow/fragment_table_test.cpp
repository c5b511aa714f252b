#include "server/flow/fragment_table.hpp"

#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace test;

class FragmentTableTest : public testing::Test {
 protected:
  FragmentVerdict first(std::uint32_t id, std::size_t size = 80) {
    const auto bytes = fragment(whole, id, 0, size, true);
    return table.admit_first(PacketView::parse(bytes).value(), kNever, now);
  }
  FragmentVerdict later(std::uint32_t id, std::size_t offset, std::size_t size, bool more = true) {
    const auto bytes = fragment(whole, id, offset, size, more);
    return table.admit_later(PacketView::parse(bytes).value(), now).verdict;
  }

  ByteBuffer whole = packet("10.99.0.2", "10.20.4.10", udp(5000, 53, 992));
  Now now{TimePoint{} + std::chrono::hours{1}, WallTime{}};
  FragmentTable table{64, std::chrono::seconds{30}};
};

TEST_F(FragmentTableTest, ForgetsADatagramThatIsComplete) {
  EXPECT_EQ(first(7), FragmentVerdict::Pass);
  EXPECT_EQ(later(7, 80, 80), FragmentVerdict::Pass);
  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(later(7, 160, 40, false), FragmentVerdict::Pass);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(later(7, 80, 80), FragmentVerdict::NoFirst);
}

TEST_F(FragmentTableTest, TakesLaterFragmentsInAnyOrder) {
  EXPECT_EQ(first(7), FragmentVerdict::Pass);
  EXPECT_EQ(later(7, 240, 40, false), FragmentVerdict::Pass);
  EXPECT_EQ(later(7, 160, 80), FragmentVerdict::Pass);
  EXPECT_EQ(later(7, 80, 80), FragmentVerdict::Pass);
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(FragmentTableTest, RefusesEveryKindOfOverlap) {
  const struct {
    const char* name;
    std::size_t offset, size;
    bool more;
  } cases[] = {
      {"a copy", 160, 80, true},           {"into its beginning", 120, 48, true}, {"out of its end", 232, 80, true},
      {"around it", 120, 200, true},       {"inside it", 168, 16, true},          {"the first", 8, 16, true},
      {"touching and over", 80, 88, true}, {"an end inside it", 160, 8, false},
  };
  for (const auto& each : cases) {
    table.clear();
    ASSERT_EQ(first(7), FragmentVerdict::Pass);
    ASSERT_EQ(later(7, 160, 80), FragmentVerdict::Pass);
    EXPECT_EQ(later(7, each.offset, each.size, each.more), FragmentVerdict::Overlap) << each.name;
    EXPECT_EQ(later(7, 80, 80), FragmentVerdict::Overlap) << "poisoned after " << each.name;
  }
}

TEST_F(FragmentTableTest, RefusesDataBehindTheEndAndASecondEnd) {
  ASSERT_EQ(first(7), FragmentVerdict::Pass);
  ASSERT_EQ(later(7, 160, 40, false), FragmentVerdict::Pass);
  EXPECT_EQ(later(7, 240, 8), FragmentVerdict::Overlap);
  ASSERT_EQ(first(8), FragmentVerdict::Pass);
  ASSERT_EQ(later(8, 160, 40, false), FragmentVerdict::Pass);
  EXPECT_EQ(later(8, 120, 40, false), FragmentVerdict::Overlap);
  ASSERT_EQ(first(9), FragmentVerdict::Pass);
  ASSERT_EQ(later(9, 160, 80), FragmentVerdict::Pass);
  EXPECT_EQ(later(9, 80, 8, false), FragmentVerdict::Overlap) << "an end before what has passed";
}

TEST_F(FragmentTableTest, BoundsTheGapsOfOneDatagram) {
  ASSERT_EQ(first(7, 8), FragmentVerdict::Pass);
  for (std::size_t i = 1; i < FragmentTable::kMaxGaps; ++i) EXPECT_EQ(later(7, i * 16, 8), FragmentVerdict::Pass) << i;
  EXPECT_EQ(later(7, FragmentTable::kMaxGaps * 16, 8), FragmentVerdict::Overlap);
}

TEST_F(FragmentTableTest, ClosesGapsFromBothSides) {
  ASSERT_EQ(first(7, 8), FragmentVerdict::Pass);
  for (const std::size_t offset : {48U, 16U, 32U}) ASSERT_EQ(later(7, offset, 8), FragmentVerdict::Pass);
  for (const std::size_t offset : {24U, 40U, 8U}) ASSERT_EQ(later(7, offset, 8), FragmentVerdict::Pass);
  for (std::size_t offset = 0; offset < 56; offset += 8) {
    FragmentTable copy = table;
    const auto bytes = fragment(whole, 7, offset, 8, true);
    const auto view = PacketView::parse(bytes).value();
    EXPECT_EQ(offset == 0 ? copy.admit_first(view, kNever, now) : copy.admit_later(view, now).verdict,
              FragmentVerdict::Overlap)
        << offset;
  }
  EXPECT_EQ(later(7, 56, 8, false), FragmentVerdict::Pass);
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(FragmentTableTest, HoldsSixtyFourDatagramsAndThenForgetsTheOldest) {
  for (std::uint32_t id = 0; id < 65; ++id) {
    now.steady += std::chrono::milliseconds{1};
    ASSERT_EQ(first(id), FragmentVerdict::Pass);
  }
  EXPECT_EQ(table.size(), 64U);
  EXPECT_EQ(later(0, 80, 80), FragmentVerdict::NoFirst);
  for (std::uint32_t id = 1; id < 65; ++id) EXPECT_EQ(later(id, 80, 80), FragmentVerdict::Pass) << id;
}

TEST_F(FragmentTableTest, WithoutRoomLetsNoFragmentPass) {
  table = FragmentTable{0, std::chrono::seconds{30}};
  EXPECT_EQ(first(1), FragmentVerdict::NoFirst);
}

TEST_F(FragmentTableTest, APoisonedDatagramEndsWithItsTime) {
  ASSERT_EQ(first(7), FragmentVerdict::Pass);
  ASSERT_EQ(later(7, 8, 8), FragmentVerdict::Overlap);
  now.steady += std::chrono::seconds{30};
  EXPECT_EQ(first(7), FragmentVerdict::Pass);
  EXPECT_EQ(later(7, 80, 80), FragmentVerdict::Pass);
}

}  // namespace
}  // namespace sallyport
