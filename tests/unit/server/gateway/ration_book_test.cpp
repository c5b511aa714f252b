#include "server/gateway/ration_book.hpp"

#include "server/audit/audit_event.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

constexpr Ration kRation{10, 60s};
const WallTime kWall = parse_utc("2026-11-28T10:00:00Z").value();

Now at(std::chrono::seconds time) { return {TimePoint{} + 1h + time, kWall + time}; }

AuditRecord refused(std::string reason, std::string source = "192.0.2.1") {
  AuditRecord record;
  record.event = "handshake.refused";
  record.reason = std::move(reason);
  record.source = std::move(source);
  return record;
}

class Rations : public testing::Test {
 protected:
  bool take(const AuditRecord& record, Now now, const Ration& ration = kRation) {
    return book.take({record.event, record.reason, record.device}, ration, record, now);
  }
  /// What is said now, by somebody who can write it.
  std::vector<AuditRecord> take_due(Now now, bool is_last = false) {
    std::vector<AuditRecord> due;
    book.tell_due(now, is_last, [&](const AuditRecord& summary) {
      due.push_back(summary);
      return true;
    });
    return due;
  }
  RationBook book;
};

TEST_F(Rations, WriteTheFirstOnesAndSayHowManyMoreThereWere) {
  int written = 0;
  for (int i = 0; i < 50; ++i) written += take(refused("tls", "192.0.2." + std::to_string(i)), at(1s)) ? 1 : 0;
  EXPECT_EQ(written, 10);
  EXPECT_TRUE(take_due(at(2s)).empty());
  const auto due = take_due(at(61s));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].event, "records.left_out");
  EXPECT_EQ(due[0].reason, "tls");
  EXPECT_EQ(due[0].source, "192.0.2.49") << "the last one";
  EXPECT_EQ(due[0].counts.front().second, 40U);
  EXPECT_EQ(due[0].texts, (std::vector<std::pair<std::string, std::string>>{{"left_out", "handshake.refused"},
                                                                            {"from", "2026-11-28T10:00:01Z"},
                                                                            {"until", "2026-11-28T10:00:01Z"}}));
  EXPECT_EQ(book.left_out(), 40U);
  EXPECT_TRUE(take_due(at(3600s)).empty()) << "said once";
}

TEST_F(Rations, LoseNoRefusalFromTheSum) {
  std::uint64_t told = 0;
  std::uint64_t counted = 0;
  for (int second = 0; second < 10'000; ++second) {
    for (int i = 0; i < second % 7; ++i) told += take(refused("tls"), at(std::chrono::seconds{second})) ? 1 : 0;
    for (const auto& summary : take_due(at(std::chrono::seconds{second}), second == 9'999))
      counted += summary.counts.front().second;
  }
  std::uint64_t all = 0;
  for (int second = 0; second < 10'000; ++second) all += static_cast<std::uint64_t>(second % 7);
  EXPECT_EQ(told + counted, all);
}

TEST_F(Rations, LetAFloodOfOneReasonHideNoOther) {
  for (int i = 0; i < 100'000; ++i) (void)take(refused("too_fast"), at(1s));
  EXPECT_TRUE(take(refused("expired"), at(1s)));
  auto elsewhere = refused("too_fast");
  elsewhere.event = "enrolment.refused";
  EXPECT_TRUE(take(elsewhere, at(1s)));
  auto of_device = refused("too_fast");
  of_device.device = "ana-laptop";
  EXPECT_TRUE(take(of_device, at(1s)));
}

/// The promise of docs/audit.md, with the longest records there are.
TEST_F(Rations, KeepAFloodOfEveryReasonForADayToAHundredthOfTheRoom) {
  const AuditSettings settings;
  const auto ration = stranger_ration(settings);
  std::uint64_t records = 0;
  for (int minute = 0; minute < 24 * 60; ++minute) {
    const Now now = at(std::chrono::minutes{minute});
    for (int kind = 0; kind < 200; ++kind) {
      for (int i = 0; i < 5; ++i) records += take(refused("reason_" + std::to_string(kind)), now, ration) ? 1 : 0;
    }
    records += take_due(now).size();
  }
  const auto room = (std::uint64_t{settings.file_mib} << 20U) * settings.files;
  EXPECT_GT(records, 1'000U);
  EXPECT_LE(records * kLongestRefusal, room / 100 * 102 / 100) << "128 reasons, and one more for all others";
}

TEST_F(Rations, FollowTheRoomThereIsDownToTenAtOnceAndOneAnHour) {
  EXPECT_EQ(stranger_ration({.file_mib = 1, .files = 2}).burst, 10U);
  EXPECT_EQ(stranger_ration({.file_mib = 1, .files = 2}).interval, Duration{1h});
  const auto usual = stranger_ration({});
  const auto large = stranger_ration({.file_mib = 640, .files = 50});
  EXPECT_NEAR(large.burst, 10.0 * usual.burst, 10);
  EXPECT_NEAR(static_cast<double>(usual.interval / large.interval), 10.0, 1);
}

TEST_F(Rations, HoldNoRecordThatIsLongerThanTheyReckonWith) {
  AuditRecord record;
  record.event = "session.refused";
  record.user = std::string(254, 'u');
  record.device = std::string(63, 'd');
  record.serial = std::string(64, 'f');
  record.session = SessionId{UINT64_MAX};
  record.source = std::string(39, 'f');
  record.policy = std::string(64, 'f');
  record.reason = std::string(40, 'r');
  record.reference = "K7Q2-9XPD";
  const std::chrono::seconds longest{-1'000'000'000'000};
  record.evidence = AuditEvidence{longest, longest, longest, longest, longest};
  constexpr std::size_t kChain = 120;
  EXPECT_LE(to_json_line(record).size() + kChain, kLongestRefusal);
}

TEST_F(Rations, RememberNoMoreReasonsOfStrangersThanTheyMay) {
  for (int i = 0; i < 10'000; ++i) (void)take(refused("reason " + std::to_string(i)), at(1s));
  EXPECT_LE(book.size(), RationBook::kMostOfStrangers + 1);
  EXPECT_FALSE(take(refused("yet another"), at(1s)));
  const auto due = take_due(at(2s), true);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].reason, "other");
  EXPECT_TRUE(take(refused("yet another"), at(3h))) << "once the others have been quiet";
}

TEST_F(Rations, ForgetDevicesThatHaveBeenQuiet) {
  for (int i = 0; i < 5'000; ++i) {
    auto record = refused("device_disabled");
    record.device = std::to_string(i);
    EXPECT_TRUE(take(record, at(std::chrono::seconds{i})));
  }
  EXPECT_LT(book.size(), 2'500U);
}

TEST_F(Rations, CountWhatIsLeftOutForAnotherReason) {
  AuditRecord close;
  close.event = "session.close";
  close.device = "ana-laptop";
  close.user = "ana@example.com";
  book.leave_out({close.event, {}, close.device}, kRation, close, at(1s), 7);
  EXPECT_TRUE(take_due(at(60s)).empty()) << "more may follow";
  const auto due = take_due(at(61s));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].device, "ana-laptop");
  EXPECT_EQ(due[0].user, "ana@example.com");
  EXPECT_EQ(due[0].counts.front().second, 7U);
}

/// Ends of sessions whose starts were left out: their own ration is untouched.
TEST_F(Rations, SayWhatGoesOnAndOnOnceAMinuteHoweverMuchOfTheRationIsLeft) {
  AuditRecord close;
  close.event = "session.close";
  close.device = "ana-laptop";
  std::size_t said = 0;
  for (int second = 0; second < 600; ++second) {
    book.leave_out({close.event, {}, close.device}, kSessionRation, close, at(std::chrono::seconds{second}));
    said += take_due(at(std::chrono::seconds{second})).size();
  }
  EXPECT_LE(said, 10U);
  EXPECT_GE(said, 9U);
}

TEST_F(Rations, KeepEveryCountUntilItIsWritten) {
  for (const auto* reason : {"tls", "expired", "revoked"}) {
    for (int i = 0; i < 15; ++i) (void)take(refused(reason), at(1s));
  }
  int tried = 0;
  std::vector<std::string> written;
  book.tell_due(at(61s), false, [&](const AuditRecord& summary) {
    if (++tried == 2) return false;
    written.push_back(summary.reason);
    return true;
  });
  EXPECT_EQ(tried, 2) << "the disk is full: it is not tried again for each";
  for (const auto& summary : take_due(at(62s))) {
    EXPECT_EQ(summary.counts.front().second, 5U);
    written.push_back(summary.reason);
  }
  std::sort(written.begin(), written.end());
  EXPECT_EQ(written, (std::vector<std::string>{"expired", "revoked", "tls"}));
  EXPECT_TRUE(take_due(at(3600s)).empty());
}

TEST_F(Rations, SayItInARecordThatIsKnown) {
  (void)book.leave_out({"session.open", {}, "ana-laptop"}, kRation, {}, at(1s));
  auto record = take_due(at(61s)).at(0);
  record.time = kWall;
  record.policy = "hash";
  auto line = nlohmann::json::parse(to_json_line(record));
  line["seq"] = 1;
  line["prev"] = "";
  EXPECT_EQ(problem_of_record(line), "");
}

}  // namespace
}  // namespace sallyport
