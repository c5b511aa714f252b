#include "server/audit/audit_syncer.hpp"
#include "tests/unit/server/audit/audit_fixture.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <random>
#include <sstream>
#include <thread>

namespace sallyport {
namespace {

namespace fs = std::filesystem;

using AuditLogFile = AuditTest;

/// What somebody without the key can write behind record `behind`: well chained, and no head in it.
std::string unsigned_history(int records, std::uint64_t behind = 0) {
  ChainEnd end{behind, {}};
  std::string text;
  for (int i = 0; i < records; ++i)
    text += chain_line(end, to_json_line(audit_record("session.open", "forged"))).value();
  return text;
}

TEST_F(AuditLogFile, NumbersItsLinesAndHoldsEachToTheOneBefore) {
  write(3);
  const auto all = records();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].at("seq"), 1);
  EXPECT_EQ(all[0].at("prev"), std::string(64, '0'));
  EXPECT_EQ(all[3].at("seq"), 4);
  EXPECT_EQ(all[3].at("event"), "audit.head");
  std::string first = content(places_.file);
  first.resize(first.find('\n'));
  EXPECT_EQ(all[1].at("prev"), nlohmann::json::parse("\"" + [&] {
              const auto digest = digest_of_line(first).value();
              std::string hex;
              for (const auto octet : digest) {
                constexpr const char* kDigits = "0123456789abcdef";
                hex += kDigits[std::to_integer<unsigned>(octet) >> 4U];
                hex += kDigits[std::to_integer<unsigned>(octet) & 15U];
              }
              return hex;
            }() + "\""));
  expect_intact();
}

TEST_F(AuditLogFile, GoesOnWithTheChainAfterARestart) {
  write(3);
  write(2);
  EXPECT_EQ(records().back().at("seq"), 7);
  const auto verdict = verify();
  EXPECT_FALSE(verdict.fault.has_value());
  EXPECT_EQ(verdict.records, 7U);
  EXPECT_EQ(verdict.heads, 2U);
  EXPECT_EQ(verdict.signed_to, 7U);
}

TEST_F(AuditLogFile, KeepsFileKeyAndHeadForItsOwnerAlone) {
  write(1);
  for (const auto& path : {places_.file, places_.key, places_.head, places_.lock}) {
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0) << path;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << path;
  }
}

TEST_F(AuditLogFile, LetsOneProcessWriteAtATime) {
  auto first = open();
  std::thread ends{[&] {
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
    first.reset();
  }};
  const auto began = std::chrono::steady_clock::now();
  const auto second = open();
  ends.join();
  EXPECT_NE(second, nullptr);
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds{150});
}

TEST_F(AuditLogFile, SaysWhoIsInTheWayWhenTheOtherStays) {
  const auto first = open();
  const auto second = AuditLog::open(places_, {.patience = std::chrono::milliseconds{100}}, kAuditStart);
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().message.find("another process writes the audit file"), std::string::npos);
}

TEST_F(AuditLogFile, RefusesAFileThatOthersMayReadALinkAndWhatIsNoFile) {
  write(1);
  ASSERT_EQ(::chmod(places_.file.c_str(), 0640), 0);
  const auto readable = AuditLog::open(places_, {}, kAuditStart);
  ASSERT_FALSE(readable.has_value());
  EXPECT_NE(readable.error().message.find("chmod 600"), std::string::npos);
  ASSERT_EQ(::chmod(places_.file.c_str(), 0600), 0);
  auto places = places_;
  places.file = directory_.file("link");
  fs::create_symlink(places_.file, places.file);
  EXPECT_FALSE(AuditLog::open(places, {}, kAuditStart).has_value());
  places.file = directory_.path();
  EXPECT_FALSE(AuditLog::open(places, {}, kAuditStart).has_value());
}

TEST_F(AuditLogFile, SetsAFullFileAsideAndGoesOnInANewOne) {
  write(40, {.file_size = 2000});
  const auto aside = files_set_aside(places_.file).value();
  EXPECT_GT(aside.size(), 3U);
  EXPECT_EQ(first_in_name(places_.file, aside.front()), 1U);
  for (const auto& name : aside) {
    EXPECT_EQ(records_in(name).back().at("event"), "audit.head") << "it ends signed";
    EXPECT_EQ(records_in(name).front().at("seq"), *first_in_name(places_.file, name));
    EXPECT_LE(fs::file_size(name), 2400U);
  }
  expect_intact();
  write(3, {.file_size = 2000});
  expect_intact();
}

TEST_F(AuditLogFile, DropsTheOldestFilesAndSaysSo) {
  write(60, {.file_size = 2000, .files = 3});
  const auto aside = files_set_aside(places_.file).value();
  EXPECT_EQ(aside.size(), 2U);
  EXPECT_GT(first_in_name(places_.file, aside.front()).value(), 1U);
  expect_intact();
}

TEST_F(AuditLogFile, MissesAFileThatSomebodyElseRemoved) {
  write(60, {.file_size = 2000});
  const auto aside = files_set_aside(places_.file).value();
  fs::remove(aside.front());
  auto verdict = verify();
  ASSERT_TRUE(verdict.fault.has_value());
  EXPECT_EQ(verdict.fault->kind, AuditFaultKind::Missing);
  EXPECT_EQ(verdict.fault->sequence, 1U);
  EXPECT_EQ(verdict.fault->file, aside[1]);
  fs::remove(places_.file);
  verdict = verify();
  EXPECT_TRUE(verdict.fault.has_value());
}

TEST_F(AuditLogFile, CutsHalfALineOffAndRecordsIt) {
  write(2);
  std::ofstream{places_.file, std::ios::app} << "{\"seq\":4,\"prev\":\"\x1b[2J";
  EXPECT_EQ(verify().fault->kind, AuditFaultKind::HalfLine);
  write(1);
  const auto repaired = records_of("audit.repaired");
  ASSERT_EQ(repaired.size(), 1U);
  EXPECT_NE(repaired[0].at("reason").get<std::string>().find("half a line of 21 octets was cut off: {\"seq\":4"),
            std::string::npos)
      << repaired[0];
  expect_intact();
}

TEST_F(AuditLogFile, LeavesAnAlteredFileAsItIsAndGoesOnInANewOne) {
  write(6);
  auto text = content(places_.file);
  text[text.find("ana@")] = 'b';
  overwrite(places_.file, text);
  write(1);
  const auto aside = name_set_aside(places_.file, 1);
  EXPECT_EQ(content(aside), text);
  const auto damaged = records_of("audit.damaged");
  ASSERT_EQ(damaged.size(), 1U);
  EXPECT_NE(damaged[0].at("reason").get<std::string>().find("audit.jsonl.000000000001:1: the line was changed"),
            std::string::npos)
      << damaged[0];
  const auto verdict = verify();
  ASSERT_TRUE(verdict.fault.has_value());
  EXPECT_EQ(verdict.fault->line, 1U);
  write(1);
  EXPECT_EQ(records_of("audit.damaged").size(), 1U) << "once";
}

TEST_F(AuditLogFile, NoticesThatItsEndWasCutOff) {
  write(6);
  auto text = content(places_.file);
  text.resize(text.rfind('\n', text.size() - 2) + 1);
  text.resize(text.rfind('\n', text.size() - 2) + 1);
  overwrite(places_.file, text);
  EXPECT_EQ(verify().fault->kind, AuditFaultKind::Truncated);
  write(1);
  const auto found = records_of("audit.truncated");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].at("seq"), 9);
  const auto verdict = verify();
  ASSERT_TRUE(verdict.fault.has_value()) << "the hole stays visible";
  EXPECT_EQ(verdict.fault->kind, AuditFaultKind::Missing);
  EXPECT_EQ(verdict.fault->sequence, 7U);
}

TEST_F(AuditLogFile, DoesNotAdoptAnotherHistoryOfTheSameLength) {
  write(3);
  const auto forged = unsigned_history(6);
  overwrite(places_.file, forged);
  write(1);
  EXPECT_EQ(content(name_set_aside(places_.file, 1)), forged) << "as it was, without a head of ours";
  const auto damaged = records_of("audit.damaged");
  ASSERT_EQ(damaged.size(), 1U);
  EXPECT_EQ(damaged[0].at("seq"), 5) << "behind the head that was on record";
  EXPECT_NE(damaged[0].at("reason").get<std::string>().find("record 4 is another one"), std::string::npos);
  EXPECT_TRUE(verify().fault.has_value()) << "it stays visible";
  write(1);
  EXPECT_EQ(records_of("audit.damaged").size(), 1U) << "once";
  EXPECT_TRUE(verify().fault.has_value());
}

TEST_F(AuditLogFile, FindsThatTheFileOfTheHeadOnRecordWasExchanged) {
  write(3, {.file_size = 100});
  const auto newest = files_set_aside(places_.file).value().back();
  const auto first = first_in_name(places_.file, newest).value();
  // As it is just after a file was set aside: the head on record is its last line.
  const auto text = content(newest);
  const auto line = text.substr(text.rfind('\n', text.size() - 2) + 1);
  overwrite(places_.head, line + places_.file + '\n');
  fs::remove(places_.file);
  overwrite(newest, unsigned_history(2, first - 1));
  write(1);
  EXPECT_EQ(records_of("audit.damaged").size(), 1U);
  EXPECT_TRUE(verify().fault.has_value());
}

TEST_F(AuditLogFile, SaysWhichRecordsNoHeadCovered) {
  write(3);
  EXPECT_TRUE(records_of("audit.unsigned").empty());
  {
    const auto log = open();
    ASSERT_TRUE(log->append(audit_record("session.open")).has_value());
    ASSERT_TRUE(log->append(audit_record("session.close")).has_value());
  }
  write(1);
  const auto found = records_of("audit.unsigned");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].at("reason").get<std::string>().find("the records 5 to 6"), std::string::npos) << found[0];
  expect_intact();
  write(1);
  EXPECT_EQ(records_of("audit.unsigned").size(), 1U) << "once";
}

TEST_F(AuditLogFile, DropsNoFileThatIsOnlyNamedLikeIts) {
  const std::array<std::string, 3> foreign{places_.file + ".000000000000", places_.file + ".000000000002",
                                           places_.file + ".999999999999"};
  for (const auto& name : foreign) overwrite(name, "{\"seq\":7,\"note\":\"mine\"}\n");
  write(60, {.file_size = 2000, .files = 3});
  for (const auto& name : foreign) EXPECT_TRUE(fs::exists(name)) << name;
  EXPECT_EQ(files_set_aside(places_.file).value().size(), 2U);
  for (const auto& name : foreign) fs::remove(name);
  expect_intact();
}

TEST_F(AuditLogFile, KnowsThatAllOfItWasDeleted) {
  write(6);
  fs::remove(places_.file);
  write(1);
  EXPECT_EQ(records_of("audit.truncated").size(), 1U);
  EXPECT_TRUE(verify().fault.has_value());
}

TEST_F(AuditLogFile, BeginsAnewWhereTheConfigurationNamesAnotherFile) {
  write(2);
  const auto before = places_.file;
  places_.file = directory_.file("elsewhere.jsonl");
  write(1);
  const auto moved = records_of("audit.moved");
  ASSERT_EQ(moved.size(), 1U);
  EXPECT_EQ(moved[0].at("seq"), 1);
  EXPECT_EQ(moved[0].at("reason"), "records went to " + before + " up to the head of number 3");
  EXPECT_TRUE(records_of("audit.truncated").empty());
  expect_intact();
}

TEST_F(AuditLogFile, SetsAFileWithoutAChainAside) {
  overwrite(places_.file, "{\"time\":\"2026-11-20T10:00:00Z\",\"event\":\"session.open\"}\n");
  ASSERT_EQ(::chmod(places_.file.c_str(), 0600), 0);
  write(1);
  EXPECT_TRUE(fs::exists(places_.file + ".unchained"));
  EXPECT_EQ(records_of("audit.set_aside").size(), 1U);
  expect_intact();
}

TEST_F(AuditLogFile, OverwritesNothingWhenItSetsAside) {
  overwrite(places_.file + ".unchained", "older\n");
  overwrite(places_.file, "{\"time\":\"2026-11-20T10:00:00Z\",\"event\":\"session.open\"}\n");
  ASSERT_EQ(::chmod(places_.file.c_str(), 0600), 0);
  write(1);
  EXPECT_EQ(content(places_.file + ".unchained"), "older\n");
  EXPECT_TRUE(fs::exists(places_.file + ".unchained-2"));
}

TEST_F(AuditLogFile, BringsTheFileAndThenItsHeadToTheDiskInTheBackground) {
  const auto log = open();
  ASSERT_TRUE(log->append(audit_record("session.open")).has_value());
  ASSERT_TRUE(log->sign(kAuditStart).has_value());
  {
    AuditSyncer syncer{places_};
    syncer.sync(log->duplicate(), log->head(), TimePoint{});
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{5};
    while (syncer.state().waiting_since && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    EXPECT_EQ(syncer.state().problem, "");
    EXPECT_FALSE(syncer.state().waiting_since.has_value());
  }
  EXPECT_EQ(content(places_.head), log->head() + '\n' + places_.file + '\n');
  auto places = places_;
  places.head = directory_.file("nowhere/audit.head");
  AuditSyncer elsewhere{places};
  elsewhere.sync(log->duplicate(), log->head(), TimePoint{});
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  while (elsewhere.state().problem.empty() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  EXPECT_NE(elsewhere.state().problem.find("nowhere/audit.head"), std::string::npos);
}

TEST_F(AuditLogFile, SaysThatItHasANewKey) {
  write(2);
  const auto old_keys = keys();
  fs::remove(places_.key);
  write(2);
  EXPECT_EQ(records_of("audit.key_made").size(), 1U);
  const auto verdict = verify();
  ASSERT_TRUE(verdict.fault.has_value());
  EXPECT_EQ(verdict.fault->kind, AuditFaultKind::OtherKey);
}

TEST_F(AuditLogFile, ReportsARecordThatDoesNotFitAndTakesItBackWhole) {
  const auto log = open();
  ASSERT_TRUE(log->append(audit_record("fits")).has_value());
  const auto before = content(places_.file);
  // A limit on the size of files stands for a full disk: the next write is cut short, then fails.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit unlimited{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &unlimited), 0);
  const rlimit nearly_full{before.size() + 10, unlimited.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &nearly_full), 0);
  const auto refused = log->append(audit_record("does-not-fit"));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &unlimited), 0);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(content(places_.file), before);
  EXPECT_TRUE(log->append(audit_record("fits-again")).has_value());
  ASSERT_TRUE(log->settle(kAuditStart).has_value());
  EXPECT_EQ(records().size(), 3U);
  expect_intact();
}

TEST_F(AuditLogFile, RestoresAFileThatWasDeletedUnderIt) {
  const auto log = open();
  ASSERT_TRUE(log->append(audit_record("session.open")).has_value());
  fs::remove(places_.file);
  ASSERT_TRUE(log->append(audit_record("session.close")).has_value());
  ASSERT_TRUE(log->check(kAuditStart).has_value());
  ASSERT_TRUE(log->settle(kAuditStart).has_value());
  EXPECT_EQ(records_of("session.open").size() + records_of("session.close").size(), 2U);
  EXPECT_EQ(records_of("audit.restored").size(), 1U);
  expect_intact();
}

TEST_F(AuditLogFile, RestoresAFileInWhosePlaceAnotherWasPut) {
  const auto log = open();
  ASSERT_TRUE(log->append(audit_record("session.open")).has_value());
  overwrite(directory_.file("edited"), "nothing happened\n");
  fs::rename(directory_.file("edited"), places_.file);
  ASSERT_TRUE(log->check(kAuditStart).has_value());
  ASSERT_TRUE(log->settle(kAuditStart).has_value());
  EXPECT_EQ(records_of("session.open").size(), 1U);
  EXPECT_EQ(content(places_.file + "~foreign"), "nothing happened\n");
  expect_intact();
}

TEST_F(AuditLogFile, GoesOnInANewFileAfterARename) {
  const auto log = open();
  ASSERT_TRUE(log->append(audit_record("session.open")).has_value());
  fs::rename(places_.file, places_.file + ".1");
  ASSERT_TRUE(log->check(kAuditStart).has_value());
  ASSERT_TRUE(log->append(audit_record("session.close")).has_value());
  ASSERT_TRUE(log->settle(kAuditStart).has_value());
  EXPECT_EQ(records().front().at("event"), "audit.moved");
  expect_intact();
}

TEST_F(AuditLogFile, RecordsWhatItFoundAlsoWhereTheFileIsFull) {
  const auto log = open();
  ASSERT_TRUE(log->append(audit_record("session.open")).has_value());
  log->use({.file_size = fs::file_size(places_.file) + 10});
  fs::remove(places_.file);
  ASSERT_TRUE(log->check(kAuditStart).has_value());
  ASSERT_TRUE(log->settle(kAuditStart).has_value());
  EXPECT_EQ(records_of("audit.restored").size(), 1U);
  EXPECT_EQ(files_set_aside(places_.file).value().size(), 1U);
  expect_intact();
}

TEST_F(AuditLogFile, HoldsNoControlCharacterWhateverPeersPutIn) {
  std::mt19937 random{11};
  const auto log = open();
  for (int round = 0; round < 500; ++round) {
    std::string text(random() % 300, '\0');
    for (char& c : text) c = static_cast<char>(random() & 0xffU);
    auto record = audit_record("session.refused", text);
    record.device = record.source = record.by = text;
    record.checks.emplace(text, text);
    ASSERT_TRUE(log->append(record).has_value());
  }
  ASSERT_TRUE(log->settle(kAuditStart).has_value());
  for (const char c : content(places_.file)) ASSERT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f));
  for (const auto& record : records()) ASSERT_TRUE(record.is_object());
  expect_intact();
}

}  // namespace
}  // namespace sallyport
