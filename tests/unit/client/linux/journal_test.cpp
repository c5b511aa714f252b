#include "client/linux/journal.hpp"
#include "client/linux/network_plan.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace sallyport {
namespace {

NetworkChanges some_changes(Ipv6 ipv6 = Ipv6::Usable) {
  return plan_network({"sallyport",
                       {*IpAddress::parse("10.99.0.14"), *IpAddress::parse("fd12::14")},
                       {*IpPrefix::parse("10.20.0.0/16"), *IpPrefix::parse("fd00:20::/48")},
                       "sallyport 6f1c"},
                      ipv6);
}

class JournalFile : public testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return directory_.file("journal.json"); }
  void write(const std::string& text, mode_t mode = 0600) const {
    std::ofstream{path()} << text;
    ::chmod(path().c_str(), mode);
  }

  TemporaryDirectory directory_;
};

TEST_F(JournalFile, IsEmptyWhenThereIsNone) {
  const auto journal = Journal::load(path());
  ASSERT_TRUE(journal);
  EXPECT_TRUE(journal->changes().empty());
}

TEST_F(JournalFile, GivesBackEveryKindOfChangeInOrder) {
  for (const auto ipv6 : {Ipv6::Usable, Ipv6::Off}) {
    auto journal = Journal::load(path());
    ASSERT_TRUE(journal->replace(some_changes(ipv6)));
    const auto again = Journal::load(path());
    ASSERT_TRUE(again) << to_string(again.error());
    EXPECT_EQ(again->changes(), some_changes(ipv6));
  }
}

TEST_F(JournalFile, OfAnEarlierVersionHasAnInterfaceWithoutAMark) {
  write(R"({"v":1,"changes":[{"kind":"interface","name":"sallyport"}]})");
  const auto journal = Journal::load(path());
  ASSERT_TRUE(journal);
  EXPECT_EQ(journal->changes(), NetworkChanges{TunnelInterface{"sallyport"}});
}

TEST_F(JournalFile, IsEmptyWhenAPowerCutLeftNothingInIt) {
  for (const auto& text : {std::string{}, std::string(700, '\0')}) {
    write(text);
    const auto journal = Journal::load(path());
    ASSERT_TRUE(journal) << text.size();
    EXPECT_TRUE(journal->changes().empty());
  }
}

TEST_F(JournalFile, IsForItsOwnerAlone) {
  auto journal = Journal::load(path());
  ASSERT_TRUE(journal->replace(some_changes()));
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(JournalFile, GoesAwayWhenNothingIsLeftToUndo) {
  auto journal = Journal::load(path());
  ASSERT_TRUE(journal->replace(some_changes()));
  ASSERT_TRUE(journal->replace({}));
  struct stat status {};
  EXPECT_NE(::stat(path().c_str(), &status), 0);
}

TEST_F(JournalFile, KeepsWhatItHadWhenItCannotBeWritten) {
  auto journal = Journal::load(directory_.file("no-such-directory/journal.json"));
  ASSERT_TRUE(journal);
  EXPECT_FALSE(journal->replace(some_changes()));
  EXPECT_TRUE(journal->changes().empty());
}

TEST_F(JournalFile, OfSomebodyElsesHandIsRefused) {
  write(R"({"v":1,"changes":[]})", 0622);
  EXPECT_FALSE(Journal::load(path()));
}

TEST_F(JournalFile, ThatIsALinkIsRefused) {
  std::ofstream{directory_.file("other")} << R"({"v":1,"changes":[]})";
  ASSERT_EQ(::symlink(directory_.file("other").c_str(), path().c_str()), 0);
  EXPECT_FALSE(Journal::load(path()));
}

TEST_F(JournalFile, IsRefusedWholeWhenAnyPartIsNotUnderstood) {
  for (const char* text :
       {"\n", "[]", "{}", R"({"v":2,"changes":[]})", R"({"v":1})", R"({"v":1,"changes":{}})",
        R"({"v":1,"changes":[7]})", R"({"v":1,"changes":[{"kind":"bridge"}]})",
        R"({"v":1,"changes":[{"kind":"interface"}]})", R"({"v":1,"changes":[{"kind":"interface","name":7}]})",
        R"({"v":1,"changes":[{"kind":"interface","name":"a","mark":7}]})",
        R"({"v":1,"changes":[{"kind":"barrier","destination":"fd00::1/8","table":1}]})",
        R"({"v":1,"changes":[{"kind":"barrier","destination":"fd00::/8"}]})",
        R"({"v":1,"changes":[{"kind":"rule","version":5,"priority":1,"table":1}]})",
        R"({"v":1,"changes":[{"kind":"rule","version":4,"priority":-1,"table":1}]})",
        R"({"v":1,"changes":[{"kind":"address","interface":"a","address":"10.0.0.1","prefix_length":33}]})",
        R"({"v":1,"changes":[{"kind":"route","destination":"10.0.0.1/8","interface":"a","metric":0,"table":1}]})",
        R"({"v":1,"changes":[{"kind":"route","destination":"10.0.0.0/8","metric":0,"table":4294967296}]})"}) {
    write(text);
    const auto journal = Journal::load(path());
    ASSERT_FALSE(journal) << text;
    EXPECT_NE(to_string(journal.error()).find("is damaged"), std::string::npos);
  }
}

}  // namespace
}  // namespace sallyport
