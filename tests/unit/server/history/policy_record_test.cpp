#include "server/history/policy_record.hpp"

#include "tests/unit/server/history/versions.hpp"

namespace sallyport {
namespace {

VersionNumber number(std::uint64_t value) { return VersionNumber{value}; }

/// Versions 1, 2 ... with the files named by the letters.
PolicyRecord record_of(const std::string& names) {
  PolicyRecord record;
  for (const char name : names) record.take(version_of({name}));
  return record;
}

TEST(PolicyRecord, NumbersWhatComesInForceFromOne) {
  const auto record = record_of("ABC");
  ASSERT_EQ(record.versions().size(), 3U);
  EXPECT_EQ(record.versions().front().number, number(1));
  EXPECT_EQ(record.running()->number, number(3));
  EXPECT_EQ(running_of(record), "C");
  EXPECT_EQ(PolicyRecord{}.running(), nullptr);
}

TEST(PolicyRecord, MakesNoNewVersionOfFilesThatRunAlready) {
  auto record = record_of("AB");
  record.take(version_of("B", Activation::Start));
  EXPECT_EQ(record.versions().size(), 2U);
  record.take(version_of("A"));
  EXPECT_EQ(record.running()->number, number(3)) << "the same files later are a version of their own";
}

TEST(PolicyRecord, KeepsATrialOnlyWhenItIsConfirmed) {
  auto record = record_of("A");
  record.try_out(version_of("B", Activation::Apply), at_minute(2));
  ASSERT_TRUE(record.pending().has_value());
  EXPECT_EQ(*record.pending(), (PendingConfirmation{number(1), at_minute(2)}));
  EXPECT_EQ(running_of(record), "B");
  record.confirm();
  EXPECT_FALSE(record.pending().has_value());
  EXPECT_TRUE(record.held().empty());
}

TEST(PolicyRecord, HoldsWhatWasTakenOutOfForce) {
  auto record = record_of("A");
  record.try_out(version_of("B"), at_minute(2));
  record.restore(number(1), Activation::Revert, "a1", "nobody confirmed", at_minute(3));
  EXPECT_EQ(running_of(record), "A");
  EXPECT_EQ(record.running()->number, number(3));
  EXPECT_EQ(record.running()->restores, number(1));
  EXPECT_EQ(record.running()->how, Activation::Revert);
  EXPECT_EQ(record.running()->hash, "a1");
  EXPECT_EQ(record.running()->time, at_minute(3));
  EXPECT_FALSE(record.pending().has_value());
  EXPECT_TRUE(record.is_held(packed("B").digest));
  EXPECT_FALSE(record.is_held(packed("A").digest));
}

TEST(PolicyRecord, EndsEveryHoldWhenOtherFilesAreFound) {
  auto record = record_of("ABC");
  record.restore(number(2), Activation::Rollback, "b2", "root", at_minute(1));
  record.restore(number(1), Activation::Rollback, "a1", "root", at_minute(2));
  EXPECT_EQ(record.held().size(), 2U) << "the directory may still have either";
  record.take(version_of("A"));
  EXPECT_TRUE(record.held().empty()) << "also when they run already";
}

TEST(PolicyRecord, NeverHoldsWhatItRuns) {
  auto record = record_of("AB");
  record.restore(number(1), Activation::Rollback, "a1", "root", at_minute(1));
  ASSERT_TRUE(record.is_held(packed("B").digest));
  record.restore(number(2), Activation::Rollback, "b2", "root", at_minute(2));
  EXPECT_FALSE(record.is_held(packed("B").digest));
  EXPECT_TRUE(record.is_held(packed("A").digest));
}

TEST(PolicyRecord, RollsBackOneStepEachTime) {
  auto record = record_of("ABC");
  ASSERT_EQ(record.rollback_target(), number(2));
  record.restore(number(2), Activation::Rollback, "b2", "root", at_minute(1));
  EXPECT_EQ(record.rollback_target(), number(1)) << "not back to the version that was just left";
  record.restore(number(1), Activation::Rollback, "a1", "root", at_minute(2));
  EXPECT_EQ(record.rollback_target(), std::nullopt);
  EXPECT_EQ(PolicyRecord{}.rollback_target(), std::nullopt);
}

TEST(PolicyRecord, RollsBackATrialToWhatCameBeforeIt) {
  auto record = record_of("AB");
  record.try_out(version_of("C"), at_minute(2));
  EXPECT_EQ(record.rollback_target(), number(2));
}

TEST(PolicyRecord, RollsBackToOtherFilesOnly) {
  const auto record = record_of("ABAB");
  EXPECT_EQ(record.rollback_target(), number(3));
  auto restored = record;
  restored.restore(number(1), Activation::Rollback, "a1", "root", at_minute(1));
  EXPECT_EQ(restored.rollback_target(), std::nullopt) << "nothing is older than version 1";
}

TEST(PolicyRecord, NamesTheOriginOfAVersionThatCameBackTwice) {
  auto record = record_of("ABC");
  record.restore(number(1), Activation::Rollback, "a1", "root", at_minute(1));  // 4
  record.take(version_of("D"));                                                 // 5
  record.restore(number(4), Activation::Rollback, "a1", "root", at_minute(2));  // 6
  EXPECT_EQ(record.running()->restores, number(1));
}

TEST(PolicyRecord, KeepsABoundedNumberAndCountsOn) {
  PolicyRecord record;
  for (std::size_t i = 0; i < kMaxPolicyVersions + 7; ++i) record.take(version_of(i % 2 == 0 ? "A" : "B"));
  EXPECT_EQ(record.versions().size(), kMaxPolicyVersions);
  EXPECT_EQ(record.versions().front().number, number(8));
  EXPECT_EQ(record.running()->number, number(kMaxPolicyVersions + 7));
  EXPECT_EQ(record.find(number(7)), nullptr);
}

TEST(PolicyRecord, KeepsBoundedTextsAndNeverDropsWhatItGoesBackTo) {
  const auto large = [](const std::string& name) {
    auto version = version_of(name);
    version.size = kMaxPackedPolicy;
    return version;
  };
  PolicyRecord record;
  for (const char name : std::string{"ABCDEF"}) record.take(large({name}));
  EXPECT_EQ(record.versions().size(), kMaxPolicyHistory / kMaxPackedPolicy);
  for (int i = 0; i < 10; ++i) record.take(large(i % 2 == 0 ? "E" : "F"));
  EXPECT_GT(record.versions().size(), 10U) << "the same texts are kept once";
  auto huge = version_of("G");
  huge.size = 2 * kMaxPolicyHistory;
  record.try_out(huge, at_minute(1));
  ASSERT_EQ(record.versions().size(), 2U);
  EXPECT_NE(record.find(record.pending()->previous), nullptr);
}

TEST(PolicyRecord, IsNotMovedByADirectoryWithoutFiles) {
  auto record = record_of("A");
  record.try_out(version_of("B"), at_minute(1));
  record.restore(number(1), Activation::Revert, "a1", "gateway", at_minute(1));
  const auto none = *pack_policy({});
  auto empty = version_of("A");
  empty.digest = none.digest;
  empty.size = none.octets.size();
  record.take(empty);
  EXPECT_TRUE(record.is_held(packed("B").digest));
  record.try_out(version_of("C"), at_minute(2));
  EXPECT_FALSE(record.is_held(packed("B").digest));
}

TEST(PolicyRecord, FallsBackToNothingThatWasTakenOutOfForce) {
  auto record = record_of("AB");                                                 // 1, 2
  record.try_out(version_of("C"), at_minute(1));                                 // 3
  record.restore(number(2), Activation::Revert, "a1", "gateway", at_minute(1));  // 4
  record.take(version_of("D"));                                                  // 5
  record.restore(number(4), Activation::Rollback, "a1", "root", at_minute(2));   // 6
  record.take(version_of("E"));                                                  // 7
  EXPECT_EQ(record.fallbacks(number(7)), (std::vector{number(6), number(4), number(2), number(1)}));
  record.try_out(version_of("F"), at_minute(3));  // 8
  EXPECT_EQ(record.fallbacks(number(7)).front(), number(6)) << "older ones alone";
}

}  // namespace
}  // namespace sallyport
