#include "server/revocation/revocation_poller.hpp"

#include "tests/support/temporary_directory.hpp"
#include "tests/unit/server/revocation/reports.hpp"
#include "tests/unit/server/revocation/web_server.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Poller : public testing::Test {
 protected:
  static ListSource source(const std::string& place, seconds interval = seconds{1}) {
    return {.authority = "corp", .place = place, .interval = interval, .timeout = seconds{1}, .max_size = 1000};
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream{directory_.file(name), std::ios::trunc} << text;
  }

  const TemporaryDirectory directory_;
  Reports reports_;
  RevocationPoller poller_{[this](SourceReport&& report) { reports_.add(std::move(report)); }};
};

TEST_F(Poller, AsksAgainAndSaysWhatChanged) {
  std::atomic<int> version{1};
  WebServer server{[&](const std::string& head) {
    const auto tag = "\"" + std::to_string(version) + "\"";
    if (head.find("If-None-Match: " + tag) != std::string::npos)
      return std::string{"HTTP/1.1 304 Not Modified\r\n\r\n"};
    return WebServer::with_body("list " + std::to_string(version), "ETag: " + tag + "\r\n");
  }};
  poller_.watch(3, {source(server.url())});
  const auto first = reports_.at(0);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->round, 3U);
  EXPECT_EQ(first->outcome, SourceOutcome::Content);
  EXPECT_EQ(first->lists.at(0).content, "list 1");
  const auto second = reports_.at(1);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->outcome, SourceOutcome::Unchanged);
  version = 2;
  const auto third = reports_.at(2);
  ASSERT_TRUE(third);
  EXPECT_EQ(third->lists.at(0).content, "list 2");
}

TEST_F(Poller, AsksForTheWholeAgainWhereItWasRefused) {
  WebServer server{[](const std::string& head) {
    if (head.find("If-None-Match") != std::string::npos) return std::string{"HTTP/1.1 304 Not Modified\r\n\r\n"};
    return WebServer::with_body("list", "ETag: \"1\"\r\n");
  }};
  poller_.watch(1, {source(server.url())});
  ASSERT_TRUE(reports_.at(0));
  poller_.was_refused(1, 0);
  poller_.was_refused(9, 0);
  const auto next = reports_.at(1);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->outcome, SourceOutcome::Content) << "told what we have, the server would send nothing";
}

TEST_F(Poller, SaysWhatFailedAndWhenItTriesAgain) {
  WebServer server{[](const std::string&) { return std::string{"HTTP/1.1 500 Oh no\r\nContent-Length: 0\r\n\r\n"}; }};
  poller_.watch(1, {source(server.url(), seconds{60})});
  const auto report = reports_.at(0);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->outcome, SourceOutcome::Failed);
  EXPECT_EQ(report->error, "the server answered HTTP 500");
  EXPECT_LE(report->next_try - report->at, seconds{6});
}

TEST_F(Poller, ASilentServerHoldsUpNoOther) {
  WebServer silent{[](const std::string&) {
    std::this_thread::sleep_for(milliseconds{1500});
    return std::string{};
  }};
  WebServer good{[](const std::string&) { return WebServer::with_body("list"); }};
  poller_.watch(1, {source(silent.url(), seconds{60}), source(good.url(), seconds{60})});
  const auto first = reports_.at(0, milliseconds{900});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->source, 1U);
}

TEST_F(Poller, ReadsAFileWhenItChanges) {
  write("a.crl", "one");
  poller_.watch(1, {source(directory_.file("a.crl"), seconds{600})});
  const auto first = reports_.at(0);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->lists.at(0).content, "one");
  std::this_thread::sleep_for(milliseconds{1200});
  EXPECT_EQ(reports_.size(), 1U) << "nothing changed";
  write("a.crl", "two");
  const auto second = reports_.at(1, milliseconds{2500});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->lists.at(0).content, "two");
  ASSERT_EQ(::unlink(directory_.file("a.crl").c_str()), 0);
  const auto third = reports_.at(2, milliseconds{2500});
  ASSERT_TRUE(third);
  EXPECT_EQ(third->outcome, SourceOutcome::Failed);
}

TEST_F(Poller, ReadsADirectoryWhenAFileComes) {
  const auto lists = directory_.file("lists");
  ASSERT_EQ(::mkdir(lists.c_str(), 0755), 0);
  poller_.watch(1, {source(lists, seconds{600})});
  ASSERT_TRUE(reports_.at(0));
  write("lists/b.crl", "b");
  const auto second = reports_.at(1, milliseconds{2500});
  ASSERT_TRUE(second);
  ASSERT_EQ(second->lists.size(), 1U);
  EXPECT_EQ(second->lists[0].source, lists);
  write("lists/c.crl", std::string(2000, 'c'));
  const auto third = reports_.at(2, milliseconds{2500});
  ASSERT_TRUE(third);
  ASSERT_EQ(third->lists.size(), 2U) << "one that is too large spoils no other";
  EXPECT_EQ(third->lists[0].content, "b");
  EXPECT_FALSE(third->lists[1].error.empty());
}

TEST_F(Poller, ForgetsTheSourcesOfBefore) {
  WebServer slow{[](const std::string&) {
    std::this_thread::sleep_for(milliseconds{500});
    return WebServer::with_body("old");
  }};
  poller_.watch(1, {source(slow.url(), seconds{60})});
  std::this_thread::sleep_for(milliseconds{100});
  write("a.crl", "one");
  poller_.watch(2, {source(directory_.file("a.crl"), seconds{60})});
  const auto first = reports_.at(0);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->round, 2U);
  std::this_thread::sleep_for(milliseconds{700});
  EXPECT_EQ(reports_.size(), 1U);
}

TEST(FetchNow, AsksAllAtOnce) {
  const auto slow = [](const std::string&) {
    std::this_thread::sleep_for(milliseconds{400});
    return WebServer::with_body("list");
  };
  WebServer a{slow};
  WebServer b{slow};
  const auto source_of = [](const std::string& place) {
    return ListSource{.authority = "corp", .place = place, .interval = {}, .timeout = seconds{2}, .max_size = 1000};
  };
  const auto begun = std::chrono::steady_clock::now();
  const auto lists = fetch_now({source_of(a.url()), source_of("http://127.0.0.1:1/"), source_of(b.url())}, seconds{2});
  EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds{750});
  ASSERT_EQ(lists.size(), 3U);
  EXPECT_EQ(lists[0].content, "list");
  EXPECT_FALSE(lists[1].error.empty());
  EXPECT_EQ(lists[2].content, "list") << "in their order";
  EXPECT_EQ(lists[2].error, "");
  EXPECT_TRUE(fetch_now({}, seconds{2}).empty());
}

TEST(FetchNow, IsOverInTimeWhateverServersDo) {
  WebServer silent{[](const std::string&) {
    std::this_thread::sleep_for(milliseconds{1500});
    return WebServer::with_body("list");
  }};
  WebServer good{[](const std::string&) { return WebServer::with_body("list"); }};
  const auto source_of = [](const std::string& place) {
    return ListSource{.authority = "corp", .place = place, .interval = {}, .timeout = seconds{60}, .max_size = 1000};
  };
  const auto begun = std::chrono::steady_clock::now();
  const auto lists = fetch_now({source_of(silent.url()), source_of(good.url())}, milliseconds{300});
  EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds{1000});
  ASSERT_EQ(lists.size(), 2U);
  EXPECT_EQ(lists[0].error, "did not answer in time");
  EXPECT_EQ(lists[1].content, "list");
}

}  // namespace
}  // namespace sallyport
