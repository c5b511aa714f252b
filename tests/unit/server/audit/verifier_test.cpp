#include "tests/unit/server/audit/audit_fixture.hpp"

#include <algorithm>
#include <functional>
#include <random>
#include <sstream>

namespace sallyport {
namespace {

using Lines = std::vector<std::string>;

/// A chain of two hundred records with heads, as lines in memory, and what somebody does to it.
class AuditVerification : public AuditTest {
 protected:
  void SetUp() override {
    write(200);
    std::istringstream text{content(places_.file)};
    for (std::string line; std::getline(text, line);) lines_.push_back(line);
    head_ = head_on_record();
    keys_ = keys();
  }

  [[nodiscard]] AuditVerdict verify_text(const std::string& text, bool with_head = true) const {
    AuditVerifier verifier{{.keys = keys_, .heads = with_head ? std::vector{head_} : std::vector<KnownHead>{}}};
    verifier.begin_file("audit.jsonl");
    std::size_t number = 0;
    std::size_t offset = 0;
    while (offset < text.size()) {
      const auto end = text.find('\n', offset);
      const bool is_whole = end != std::string::npos;
      verifier.take({std::string_view{text}.substr(offset, is_whole ? end - offset : end), ++number, offset, is_whole});
      if (!is_whole) break;
      offset = end + 1;
    }
    return verifier.finish();
  }
  [[nodiscard]] AuditVerdict verify_lines(const Lines& lines, bool with_head = true) const {
    return verify_text(joined(lines), with_head);
  }
  static std::string joined(const Lines& lines) {
    std::string text;
    for (const auto& line : lines) text.append(line).append("\n");
    return text;
  }
  [[nodiscard]] bool is_head(std::size_t i) const { return lines_[i].find("\"audit.head\"") != std::string::npos; }
  void expect(const AuditVerdict& verdict, AuditFaultKind kind, std::size_t line) {
    ASSERT_TRUE(verdict.fault.has_value());
    EXPECT_EQ(name_of(verdict.fault->kind), name_of(kind)) << verdict.fault->words;
    EXPECT_EQ(verdict.fault->line, line) << verdict.fault->words;
  }

  Lines lines_;
  KnownHead head_;
  AuditKeys keys_;
};

TEST_F(AuditVerification, PassesWhatNobodyTouched) {
  const auto verdict = verify_lines(lines_);
  EXPECT_FALSE(verdict.fault.has_value());
  EXPECT_EQ(verdict.records, lines_.size());
  EXPECT_EQ(verdict.signed_to, lines_.size());
}

TEST_F(AuditVerification, NamesAChangedLineAndNotItsNeighbour) {
  auto lines = lines_;
  lines[18].replace(lines[18].find("ana@"), 3, "bob");
  expect(verify_lines(lines), AuditFaultKind::Changed, 19);
}

TEST_F(AuditVerification, NamesALineWhosePreviousDigestWasChanged) {
  auto lines = lines_;
  auto& digit = lines[17][lines[17].find("\"prev\":\"") + 8];
  digit = digit == '0' ? '1' : '0';
  expect(verify_lines(lines), AuditFaultKind::Changed, 18);
}

TEST_F(AuditVerification, NamesTheLineBeforeWhichRecordsAreMissing) {
  auto lines = lines_;
  lines.erase(lines.begin() + 30, lines.begin() + 33);
  const auto verdict = verify_lines(lines);
  expect(verdict, AuditFaultKind::Missing, 31);
  EXPECT_NE(verdict.fault->words.find("records 31 to 33 are missing"), std::string::npos) << verdict.fault->words;
}

TEST_F(AuditVerification, TellsAnotherOrderFromMissingRecords) {
  auto lines = lines_;
  std::swap(lines[40], lines[44]);
  expect(verify_lines(lines), AuditFaultKind::Reordered, 41);
}

TEST_F(AuditVerification, FindsARepeatedLine) {
  auto lines = lines_;
  lines.insert(lines.begin() + 51, lines[50]);
  expect(verify_lines(lines), AuditFaultKind::Repeated, 52);
}

TEST_F(AuditVerification, FindsAWellMadeLineThatWasPutIn) {
  ChainEnd end;
  for (std::size_t i = 0; i < 60; ++i) end = {i + 1, digest_of_line(lines_[i]).value()};
  auto forged = chain_line(end, to_json_line(audit_record("session.open", "forged"))).value();
  forged.pop_back();
  auto lines = lines_;
  lines.insert(lines.begin() + 60, forged);
  expect(verify_lines(lines), AuditFaultKind::Inserted, 61);
}

TEST_F(AuditVerification, FindsAHistoryThatWasWrittenAnewWithoutTheKey) {
  // All lines behind the tenth made again, with a right chain, and heads as they were.
  ChainEnd end;
  Lines lines{lines_.begin(), lines_.begin() + 10};
  for (const auto& line : lines) end = {end.sequence + 1, digest_of_line(line).value()};
  for (std::size_t i = 10; i < lines_.size(); ++i) {
    auto object = "{" + lines_[i].substr(lines_[i].find("\"time\"")) + "\n";
    if (i == 10) object.replace(object.find("ana@"), 3, "bob");
    auto line = chain_line(end, object).value();
    line.pop_back();
    lines.push_back(line);
  }
  const auto verdict = verify_lines(lines, false);
  ASSERT_TRUE(verdict.fault.has_value());
  EXPECT_EQ(verdict.fault->kind, AuditFaultKind::BadSignature);
}

TEST_F(AuditVerification, HoldsAHistoryThatWasSignedAnewAgainstAHeadFromElsewhere) {
  // Whoever has the key can do this; a head that has left the machine says otherwise.
  std::filesystem::remove(places_.file);
  std::filesystem::remove(places_.head);
  {
    const auto log = open();
    for (std::size_t i = 0; i + 1 < lines_.size(); ++i)
      ASSERT_TRUE(log->append(audit_record("session.open", "another " + std::to_string(i))).has_value());
    ASSERT_TRUE(log->settle(kAuditStart).has_value());
  }
  EXPECT_FALSE(verify_text(content(places_.file), false).fault.has_value());
  EXPECT_EQ(verify_text(content(places_.file)).fault->kind, AuditFaultKind::HeadDiffers);
}

TEST_F(AuditVerification, FindsTwoKnownHeadsOfOneNumberWhicheverComesLast) {
  auto other = head_;
  other.digest[0] ^= std::byte{1};
  for (const auto& heads : {std::vector{other, head_}, std::vector{head_, other}}) {
    AuditVerifier verifier{{.keys = keys_, .heads = heads}};
    verifier.begin_file("audit.jsonl");
    for (std::size_t i = 0; i < lines_.size(); ++i) verifier.take({lines_[i], i + 1, 0, true});
    expect(verifier.finish(), AuditFaultKind::HeadDiffers, lines_.size());
    // Also where their line is not looked at.
    AuditVerifier partial{{.keys = keys_, .heads = heads, .is_whole = false}};
    partial.begin_file("audit.jsonl");
    partial.take({lines_[0], 1, 0, true});
    expect(partial.finish(), AuditFaultKind::HeadDiffers, 1);
  }
  AuditVerifier same{{.keys = keys_, .heads = {head_, head_}}};
  same.begin_file("audit.jsonl");
  for (std::size_t i = 0; i < lines_.size(); ++i) same.take({lines_[i], i + 1, 0, true});
  EXPECT_FALSE(same.finish().fault.has_value());
}

TEST_F(AuditVerification, BelievesNobodyThatRecordsWereDroppedUntilAHeadCoversIt) {
  ChainEnd end{lines_.size(), head_.digest};
  auto dropped = audit_record("audit.dropped");
  dropped.counts = {{"first", 1}, {"last", 50}};
  auto forged = chain_line(end, to_json_line(dropped)).value();
  forged.pop_back();
  Lines lines{lines_.begin() + 50, lines_.end()};
  lines.push_back(forged);
  expect(verify_lines(lines), AuditFaultKind::Missing, 1);
}

TEST_F(AuditVerification, FindsAHeadOfAnotherKey) {
  AuditKeys others;
  ASSERT_TRUE(others.add(PrivateKey::generate(KeyKind::Ed25519).value().public_key()).has_value());
  AuditVerifier verifier{{.keys = others}};
  verifier.begin_file("audit.jsonl");
  for (std::size_t i = 0; i < lines_.size(); ++i) verifier.take({lines_[i], i + 1, 0, true});
  EXPECT_EQ(verifier.finish().fault->kind, AuditFaultKind::OtherKey);
  EXPECT_FALSE(others.add(PrivateKey::generate(KeyKind::P256).value().public_key()).has_value());
}

TEST_F(AuditVerification, NoticesACutEndByTheHeadOnRecord) {
  auto lines = lines_;
  lines.resize(120);
  expect(verify_lines(lines), AuditFaultKind::Truncated, 120);
  // Without that head, only up to the last head that is left: docs/audit.md says so.
  EXPECT_FALSE(verify_lines(lines, false).fault.has_value());
}

/// What somebody did to a file, and where the first bad line then is.
struct Edit {
  std::string name;
  std::string text;
  std::size_t first_bad = 0;
};

class RandomEdit {
 public:
  RandomEdit(const Lines& lines, std::mt19937& random) : lines_{lines}, random_{random} {}

  Edit make() {
    switch (random_() % 7) {
      case 0:
        return change();
      case 1:
        return remove();
      case 2:
        return swap();
      case 3:
        return truncate();
      case 4:
        return repeat();
      case 5:
        return insert();
      default:
        return cut();
    }
  }

 private:
  std::size_t any(std::size_t from, std::size_t to) { return from + random_() % (to - from); }
  static std::string joined(const Lines& lines) {
    std::string text;
    for (const auto& line : lines) text.append(line).append("\n");
    return text;
  }

  /// Any octet of any line becomes any other, a line feed too.
  Edit change() {
    auto lines = lines_;
    const auto i = any(0, lines.size());
    auto& octet = lines[i][any(0, lines[i].size())];
    const auto before = octet;
    while (octet == before) octet = static_cast<char>(random_() & 0xffU);
    return {"change of line " + std::to_string(i + 1), joined(lines), i + 1};
  }
  Edit remove() {
    auto lines = lines_;
    const auto i = any(0, lines.size() - 1);
    const auto count = any(1, std::min<std::size_t>(lines.size() - i, 10));
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i), lines.begin() + static_cast<std::ptrdiff_t>(i + count));
    return {"removal of line " + std::to_string(i + 1), joined(lines), i + 1};
  }
  Edit swap() {
    auto lines = lines_;
    const auto i = any(0, lines.size() - 1);
    const auto j = any(i + 1, lines.size());
    std::swap(lines[i], lines[j]);
    return {"swap of lines " + std::to_string(i + 1) + " and " + std::to_string(j + 1), joined(lines), i + 1};
  }
  /// At any octet: the last line that is left is bad, or the last one when the cut is between two.
  Edit truncate() {
    auto text = joined(lines_);
    text.resize(any(1, text.size()));
    const auto whole = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    return {"truncation to " + std::to_string(text.size()), text, text.ends_with('\n') ? whole : whole + 1};
  }
  Edit repeat() {
    auto lines = lines_;
    const auto i = any(0, lines.size());
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(i) + 1, lines[i]);
    return {"repeat of line " + std::to_string(i + 1), joined(lines), i + 2};
  }
  Edit insert() {
    auto lines = lines_;
    const auto i = any(0, lines.size());
    const std::array<std::string, 3> kinds{"", "{\"time\":\"2026-11-27T10:00:00Z\",\"event\":\"session.open\"}",
                                           std::string(any(1, 200), static_cast<char>(any(0, 256) | 1U))};
    auto line = kinds[random_() % kinds.size()];
    std::replace(line.begin(), line.end(), '\n', 'x');
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(i), line);
    return {"insertion before line " + std::to_string(i + 1), joined(lines), i + 1};
  }
  /// Some octets out of the middle of a line.
  Edit cut() {
    auto lines = lines_;
    const auto i = any(0, lines.size());
    const auto at = any(0, lines[i].size());
    lines[i].erase(at, any(1, 20));
    return {"octets cut out of line " + std::to_string(i + 1), joined(lines), i + 1};
  }

  const Lines& lines_;
  std::mt19937& random_;
};

TEST_F(AuditVerification, FindsEveryOneOfAThousandRandomEditsAndNamesTheFirstBadLine) {
  std::mt19937 random{27};
  int found = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto edit = RandomEdit{lines_, random}.make();
    const auto verdict = verify_text(edit.text);
    ASSERT_TRUE(verdict.fault.has_value()) << edit.name;
    EXPECT_EQ(verdict.fault->line, edit.first_bad)
        << edit.name << ": " << name_of(verdict.fault->kind) << ", " << verdict.fault->words;
    ++found;
  }
  EXPECT_EQ(found, 1000);
}

}  // namespace
}  // namespace sallyport
