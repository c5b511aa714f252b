#include "server/history/policy_record.hpp"

#include "tests/unit/server/history/versions.hpp"

#include <random>

namespace sallyport {
namespace {

PolicyRecord full_record() {
  PolicyRecord record;
  record.take(version_of("A", Activation::Start));
  record.take(version_of("B", Activation::Reload));
  record.take(version_of("C", Activation::Apply));
  record.restore(VersionNumber{2}, Activation::Rollback, "b2", "root (sudo ana)", at_minute(4));
  return record;
}

PolicyRecord record_on_trial() {
  PolicyRecord record;
  record.take(version_of("A", Activation::Start));
  record.try_out(version_of("B", Activation::Apply), at_minute(2));
  return record;
}

/// `lines` with the heading before and the right sum behind them.
std::string sealed(const std::string& lines) {
  const std::string text = "sallyport-policy-record 1\n" + lines;
  return text + "sum " + digest_of(text)->text() + '\n';
}

std::string line(int number, const std::string& name, const std::string& how = "reload -") {
  return "version " + std::to_string(number) + " 2026-01-01T00:00:00Z " + how + " c0ffee " +
         packed(name).digest.text() + " 10 root\n";
}

TEST(PolicyRecordText, SurvivesBeingWrittenAndRead) {
  for (const auto& record : {PolicyRecord{}, full_record(), record_on_trial()}) {
    const auto text = record.to_text();
    ASSERT_TRUE(text.has_value());
    const auto again = PolicyRecord::parse(*text);
    ASSERT_TRUE(again.has_value()) << *text;
    EXPECT_EQ(*again, record);
  }
}

TEST(PolicyRecordText, HasTheFormThatIsDocumented) {
  const auto text = *record_on_trial().to_text();
  const std::string expected =
      "sallyport-policy-record 1\n"
      "version 1 2027-01-15T08:00:00Z start - 00c0ffee " +
      packed("A").digest.text() +
      " 42 root\n"
      "version 2 2027-01-15T08:00:00Z apply - 00c0ffee " +
      packed("B").digest.text() +
      " 42 root\n"
      "pending 1 2027-01-15T08:02:00Z\n"
      "sum ";
  EXPECT_EQ(text.substr(0, expected.size()), expected);
}

TEST(PolicyRecordText, RefusesARecordThatSaysWhatCannotBe) {
  ASSERT_TRUE(PolicyRecord::parse(sealed(line(1, "A") + line(2, "B"))).has_value());
  const auto held = [](const std::string& name) { return "held " + packed(name).digest.text() + '\n'; };
  const auto bc = packed("B").digest < packed("C").digest ? held("C") + held("B") : held("B") + held("C");
  for (const auto& lines :
       {line(0, "A"),                                                      // counted from 1
        line(2, "A") + line(1, "B"),                                       // order
        line(1, "A") + line(1, "B"),                                       // twice
        line(1, "A", "rollback -"),                                        // of what?
        line(1, "A", "reload 1"),                                          // a reload brings nothing back
        line(2, "A", "rollback 2"),                                        // itself
        line(2, "A", "rollback 3"),                                        // something newer
        line(1, "A", "guess -"),                                           // unknown
        line(1, "A", "reload  -"),                                         // two blanks
        line(1, "A") + "pending 1 2026-01-01T00:00:00Z\n",                 // nothing before it
        line(1, "A") + line(2, "B") + "pending 2 2026-01-01T00:00:00Z\n",  // itself
        line(1, "A") + line(2, "A") + "pending 1 2026-01-01T00:00:00Z\n",  // the same files
        line(1, "A") + line(2, "B") + "pending 1 2026-01-01\n",            // no time
        line(1, "A") + line(2, "B") + "pending 1 2026-01-01T00:00:00Z\npending 1 2026-01-01T00:00:00Z\n",
        line(1, "A") + line(2, "B") + "pending 1 2026-01-01T00:00:00Z\n" + held("C"),  // a trial ends every hold
        line(1, "A") + held("A"),                                                      // runs
        line(1, "A") + held("B") + held("B"),                                          // twice
        line(1, "A") + bc,                                                             // order
        held("B"),                                                                     // nothing runs
        line(1, "A") + "held c0ffee\n",                                                //
        line(1, "A") + "\n",                                                           //
        line(1, "A") + "versions\n",                                                   //
        held("B") + line(1, "A")}) {                                                   // order of kinds
    EXPECT_FALSE(PolicyRecord::parse(sealed(lines)).has_value()) << lines;
  }
  std::string many;
  for (int i = 1; i <= static_cast<int>(kMaxPolicyVersions) + 1; ++i) many += line(i, "A");
  EXPECT_FALSE(PolicyRecord::parse(sealed(many)).has_value()) << "more than are ever kept";
}

TEST(PolicyRecordText, IsNotWrittenBeyondTheLastNumber) {
  const std::string last = "version 4294967295" + line(1, "A").substr(9);
  auto record = PolicyRecord::parse(sealed(last));
  ASSERT_TRUE(record.has_value());
  record->take(version_of("B"));
  EXPECT_FALSE(record->to_text().has_value()) << "it could not be read again";
}

TEST(PolicyRecordText, SeesEveryChangedAndEveryMissingOctet) {
  for (const auto& record : {full_record(), record_on_trial()}) {
    const auto whole = *record.to_text();
    for (std::size_t i = 0; i < whole.size(); ++i) {
      for (const unsigned bit : {1U, 2U, 16U, 128U}) {
        auto changed = whole;
        changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ bit);
        ASSERT_FALSE(PolicyRecord::parse(changed).has_value()) << i;
      }
      ASSERT_FALSE(PolicyRecord::parse(whole.substr(0, i)).has_value()) << i;
      ASSERT_FALSE(PolicyRecord::parse(whole.substr(i + 1)).has_value()) << i;
    }
    EXPECT_FALSE(PolicyRecord::parse(whole + '\n').has_value());
  }
}

/// Any lines at all under a right sum: refused, or understood exactly as written.
TEST(PolicyRecordText, TakesExactlyWhatItWouldWrite) {
  std::mt19937 random{20260801};
  const std::string body = full_record().to_text()->substr(26);
  std::size_t taken = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string lines = body.substr(0, body.rfind("sum "));
    const auto edits = 1 + random() % 3;
    for (unsigned edit = 0; edit < edits; ++edit) {
      const auto at = random() % lines.size();
      if (random() % 2 == 0)
        lines[at] = "0123456789abcdef -\nrv"[random() % 21];
      else
        lines.erase(at, 1 + random() % 70);
      if (lines.empty()) lines = "\n";
    }
    const auto text = sealed(lines);
    const auto record = PolicyRecord::parse(text);
    if (!record) continue;
    ++taken;
    ASSERT_EQ(*record->to_text(), text);
  }
  EXPECT_GT(taken, 100U) << "the changes leave some records sound";
}

}  // namespace
}  // namespace sallyport
