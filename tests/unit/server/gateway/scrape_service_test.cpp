#include "server/gateway/scrape_service.hpp"

#include "common/ip/socket_address.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 10s;
constexpr std::string_view kRequest = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < kScrapeResults; ++i) all.emplace_back(name_of(static_cast<ScrapeResult>(i)));
  return all;
}

/// A service on loopback; the test is the control thread that it asks.
class ScrapeDoor : public testing::Test {
 protected:
  void open(ScrapeLimits limits = {}, bool answers = true, ScrapeHost host = ScrapeHost::ThisMachine) {
    auto listener = listen_on(*IpAddress::parse("127.0.0.1"), 0);
    ASSERT_TRUE(listener);
    socklen_t size = sizeof at_;
    ASSERT_EQ(::getsockname(listener->get(), reinterpret_cast<sockaddr*>(&at_), &size), 0);
    std::vector<FileDescriptor> listeners;
    listeners.push_back(std::move(*listener));
    service_.emplace(std::move(listeners), host, limits, tally_, [this, answers] {
      ++asked_;
      MetricsFigures figures;
      figures.policy.hash = "number-" + std::to_string(asked_.load());
      if (answers) service_->put(std::move(figures));
    });
    service_->start();
  }
  FileDescriptor knock(const char* source = "127.0.0.1") const {
    FileDescriptor fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const auto from = SocketAddress::make(*IpAddress::parse(source), 0);
    EXPECT_EQ(::bind(fd.get(), from.get(), from.size), 0);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&at_), sizeof at_), 0);
    return fd;
  }
  static void say(int fd, std::string_view text) {
    EXPECT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  /// All that comes until the end of the stream.
  static std::string hear(int fd) {
    std::string heard;
    for (pollfd waiting{fd, POLLIN, 0};
         ::poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds{kPatience}.count())) == 1;) {
      char piece[65536];
      const ssize_t n = ::recv(fd, piece, sizeof piece, 0);
      if (n <= 0) break;
      heard.append(piece, static_cast<std::size_t>(n));
    }
    return heard;
  }
  std::string ask(std::string_view request = kRequest) {
    const auto fd = knock();
    say(fd.get(), request);
    return hear(fd.get());
  }
  std::uint64_t count(ScrapeResult result) {
    for (const auto& entry : tally_.entries()) {
      if (entry.name == name_of(result)) return entry.count;
    }
    return 0;
  }
  bool comes_to(ScrapeResult result, std::uint64_t times) {
    for (int i = 0; i < 500 && count(result) != times; ++i) std::this_thread::sleep_for(10ms);
    return count(result) == times;
  }

  sockaddr_in at_{};
  ReasonTally tally_{names()};
  std::atomic<int> asked_{0};
  std::optional<ScrapeService> service_;  ///< ends first: its thread calls the above
};

TEST_F(ScrapeDoor, AnswersGetMetricsAndCloses) {
  open();
  const auto heard = ask();
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 200 OK\r\n")) << heard.substr(0, 200);
  EXPECT_NE(heard.find("sallyport_policy_info{hash=\"number-1\"} 1\n"), std::string::npos);
  const auto head = heard.find("\r\n\r\n");
  EXPECT_NE(heard.find("Content-Length: " + std::to_string(heard.size() - head - 4) + "\r\n"), std::string::npos);
  EXPECT_EQ(count(ScrapeResult::Served), 1U);
}

TEST_F(ScrapeDoor, AsksTheControlThreadOnceHoweverManyScrape) {
  open({.freshness = 60s});
  for (int i = 0; i < 20; ++i) EXPECT_NE(ask().find("number-1"), std::string::npos);
  EXPECT_EQ(asked_, 1);
}

TEST_F(ScrapeDoor, AsksAgainWhenThePageIsOld) {
  open({.freshness = 0s});
  EXPECT_NE(ask().find("number-1"), std::string::npos);
  EXPECT_NE(ask().find("number-2"), std::string::npos);
}

TEST_F(ScrapeDoor, AnswersAllWhoWaitByOneCount) {
  open({.freshness = 60s}, false);
  std::vector<FileDescriptor> waiting;
  for (int i = 0; i < 5; ++i) say(waiting.emplace_back(knock()).get(), kRequest);
  for (int i = 0; i < 500 && asked_ == 0; ++i) std::this_thread::sleep_for(10ms);
  std::this_thread::sleep_for(50ms);
  service_->put({});
  for (const auto& each : waiting) EXPECT_TRUE(hear(each.get()).starts_with("HTTP/1.1 200"));
  EXPECT_EQ(asked_, 1);
}

TEST_F(ScrapeDoor, RefusesEverythingElseInAFewWords) {
  open();
  EXPECT_TRUE(
      ask("POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc").starts_with("HTTP/1.1 405 "));
  EXPECT_TRUE(ask("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(ask("GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n").starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(
      ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(5000, 'x')).starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(ask("\x16\x03\x01 hello").starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(asked_, 0) << "nobody was asked for that";
  EXPECT_EQ(count(ScrapeResult::NotGet), 1U);
  EXPECT_EQ(count(ScrapeResult::HeadTooLarge), 1U);
}

TEST_F(ScrapeDoor, DoesNotWaitForWhoeverIsSlow) {
  open({.request = 300ms});
  const auto begun = std::chrono::steady_clock::now();
  const auto fd = knock();
  std::thread drip{[&] {
    for (const char c : kRequest.substr(0, 20)) {
      (void)::send(fd.get(), &c, 1, MSG_NOSIGNAL);
      std::this_thread::sleep_for(50ms);
    }
  }};
  EXPECT_TRUE(hear(fd.get()).starts_with("HTTP/1.1 408 "));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s) << "an octet now and then buys no time";
  drip.join();
  EXPECT_EQ(count(ScrapeResult::TimedOut), 1U);
}

TEST_F(ScrapeDoor, SaysSoWhenTheGatewayDoesNotCountInTime) {
  open({.figures = 200ms}, false);
  EXPECT_TRUE(ask().starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(count(ScrapeResult::NotReady), 1U);
}

TEST_F(ScrapeDoor, LetsGoOfWhoeverNeverCloses) {
  open({.connections = 1, .idle = 60s});
  const auto lingering = knock();
  say(lingering.get(), kRequest);
  ASSERT_TRUE(comes_to(ScrapeResult::Served, 1));
  EXPECT_TRUE(ask().starts_with("HTTP/1.1 503 ")) << "it has the only place";
  for (int i = 0; i < 100 && !ask().starts_with("HTTP/1.1 200 "); ++i) std::this_thread::sleep_for(100ms);
  EXPECT_EQ(count(ScrapeResult::Served), 2U);
}

TEST_F(ScrapeDoor, HasRoomForOneWhoAsksWhileOthersSayNothing) {
  open({.connections = 4, .per_second = 1000, .burst = 1000, .idle = 100ms});
  std::vector<FileDescriptor> silent;
  for (int i = 0; i < 4; ++i) silent.push_back(knock());
  std::this_thread::sleep_for(300ms);
  EXPECT_TRUE(ask().starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(count(ScrapeResult::TooMany), 1U) << "the oldest one gave way";
}

TEST_F(ScrapeDoor, TurnsNewcomersAwayWhileAllPlacesAreFresh) {
  open({.connections = 4, .per_second = 1000, .burst = 1000, .idle = 60s});
  std::vector<FileDescriptor> silent;
  for (int i = 0; i < 4; ++i) silent.push_back(knock());
  EXPECT_TRUE(hear(knock().get()).starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(count(ScrapeResult::TooMany), 1U);
}

TEST_F(ScrapeDoor, ClosesWhatComesFasterThanTheRate) {
  open({.per_second = 0.001, .burst = 2});
  EXPECT_FALSE(ask().empty());
  EXPECT_FALSE(ask().empty());
  EXPECT_EQ(hear(knock().get()), "");
  EXPECT_EQ(count(ScrapeResult::TooFast), 1U);
}

TEST_F(ScrapeDoor, LeavesOthersTheirShareWhenOneSourceFloodsAListenerForManyMachines) {
  open({.per_second = 0.001, .burst = 10, .source = {.per_second = 0.001, .burst = 2}}, true, ScrapeHost::Any);
  std::vector<FileDescriptor> flood;
  for (int i = 0; i < 200; ++i) flood.push_back(knock("127.0.0.2"));
  EXPECT_TRUE(ask().starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(comes_to(ScrapeResult::TooFast, 198)) << "it takes up accepting again";
}

TEST_F(ScrapeDoor, CountsWhoGoesBeforeAsking) {
  open();
  knock().reset();
  EXPECT_TRUE(comes_to(ScrapeResult::Disconnected, 1));
}

}  // namespace
}  // namespace sallyport
