#include "server/metrics/scrape.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace sallyport {
namespace {

/// As Prometheus 2.42 asks.
const std::string kPrometheus =
    "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:9469\r\nUser-Agent: Prometheus/2.42.0\r\n"
    "Accept: application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1\r\nAccept-Encoding: gzip\r\n"
    "X-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n";

std::optional<ScrapeResult> read(std::string_view text, ScrapeHost host = ScrapeHost::ThisMachine) {
  return ScrapeRequestParser{host}.feed(as_bytes(text));
}
std::optional<ScrapeResult> ask(const std::string& line, const std::string& more = {}) {
  return read(line + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n");
}

TEST(ScrapeRequest, OfPrometheusIsServedHoweverItIsCut) {
  for (std::size_t step = 1; step <= kPrometheus.size(); ++step) {
    ScrapeRequestParser parser{ScrapeHost::ThisMachine};
    std::optional<ScrapeResult> result;
    for (std::size_t at = 0; at < kPrometheus.size(); at += step) {
      ASSERT_EQ(result, std::nullopt) << "before it was whole";
      result = parser.feed(as_bytes(std::string_view{kPrometheus}.substr(at, step)));
    }
    ASSERT_EQ(result, ScrapeResult::Served) << step;
  }
}

TEST(ScrapeRequest, HasOnePathAndOneMethod) {
  EXPECT_EQ(ask("GET /metrics"), ScrapeResult::Served);
  for (const auto* path : {"/", "/metrics/", "/metrics?a=b", "/Metrics", "//metrics", "/%6detrics", "/status"})
    EXPECT_EQ(ask(std::string{"GET "} + path), ScrapeResult::UnknownPath) << path;
  for (const auto* method : {"POST", "HEAD", "PUT", "DELETE", "OPTIONS"})
    EXPECT_EQ(ask(std::string{method} + " /metrics"), ScrapeResult::NotGet) << method;
}

TEST(ScrapeRequest, IsRefusedWhenItIsNoHttpOfOurs) {
  EXPECT_EQ(read("GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n"), ScrapeResult::WrongVersion);
  EXPECT_EQ(read("GET /metrics HTTP/1.1\r\n\r\n"), ScrapeResult::Malformed) << "no Host";
  EXPECT_EQ(read("GET /metrics\r\n\r\n"), ScrapeResult::WrongVersion) << "none at all";
  EXPECT_EQ(read("\x16\x03\x01"), ScrapeResult::Malformed) << "TLS: it does not wait for the rest";
  EXPECT_EQ(ask("GET /metrics", "Content-Length: 2\r\n"), ScrapeResult::Malformed);
  EXPECT_EQ(ask("GET /metrics", "Host: localhost\r\n"), ScrapeResult::Malformed) << "a field twice";
  EXPECT_EQ(read("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\nGET "), ScrapeResult::Malformed) << "and more";
  EXPECT_EQ(read(std::string(5000, 'a')), ScrapeResult::HeadTooLarge);
}

TEST(ScrapeRequest, ByANameIsForListenersThatAreForEverybody) {
  const auto by = [](const std::string& host, ScrapeHost whose) {
    return read("GET /metrics HTTP/1.1\r\nHost: " + host + "\r\n\r\n", whose);
  };
  for (const auto* host : {"localhost", "LocalHost:9469", "127.0.0.1", "127.0.0.1:9469", "[::1]:9469", "[::1]"})
    EXPECT_EQ(by(host, ScrapeHost::ThisMachine), ScrapeResult::Served) << host;
  for (const auto* host : {"evil.example", "evil.example:9469", "localhost.evil.example", "[::1", "[::1].evil.example",
                           "127.0.0.1.evil.example"})
    EXPECT_EQ(by(host, ScrapeHost::ThisMachine), ScrapeResult::ForeignHost) << host;
  EXPECT_EQ(by("vpn.example.com:9469", ScrapeHost::Any), ScrapeResult::Served);
}

TEST(ScrapeRequest, IsAnsweredOnceWhateverFollows) {
  ScrapeRequestParser parser{ScrapeHost::ThisMachine};
  EXPECT_EQ(parser.feed(as_bytes("POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nsome")),
            ScrapeResult::NotGet);
  EXPECT_EQ(parser.feed(as_bytes("thing")), ScrapeResult::NotGet);
}

TEST(ScrapeAnswer, SaysWhatItIsAndHowLong) {
  ByteBuffer out;
  append_scrape_answer(out, "a 1\n");
  EXPECT_EQ(as_text(out),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: 4\r\n"
            "Cache-Control: no-store\r\nConnection: close\r\n\r\na 1\n");
}

TEST(ScrapeAnswer, HasAStatusAndWordsForEveryRefusal) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kScrapeResults; ++i) {
    const auto result = static_cast<ScrapeResult>(i);
    EXPECT_TRUE(names.insert(name_of(result)).second);
    if (result == ScrapeResult::Served) continue;
    ByteBuffer out;
    append_scrape_refusal(out, result);
    const auto text = as_text(out);
    EXPECT_TRUE(text.starts_with("HTTP/1.1 4") || text.starts_with("HTTP/1.1 5")) << text;
    EXPECT_EQ(text.find("Refused"), std::string_view::npos) << "a status without a title: " << text;
    EXPECT_NE(text.find("\"reason\":\"" + std::string{name_of(result)} + '"'), std::string_view::npos) << text;
    EXPECT_EQ(text.find("Allow: GET\r\n") != std::string_view::npos, result == ScrapeResult::NotGet);
    EXPECT_LT(text.size(), 400U) << "short";
  }
}

}  // namespace
}  // namespace sallyport
