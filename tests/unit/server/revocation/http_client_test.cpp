#include "server/revocation/http_client.hpp"

#include "tests/unit/server/revocation/web_server.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class HttpClientTest : public testing::Test {
 protected:
  static ListSource source(const std::string& place) {
    return {.authority = "corp", .place = place, .interval = seconds{60}, .timeout = seconds{1}, .max_size = 1000};
  }
  static Result<HttpAnswer, std::string> get(const ListSource& source, const Validators& known = {}) {
    HttpClient client;
    client.get(7, source, known);
    for (int i = 0; i < 100; ++i) {
      for (auto& result : client.wait(milliseconds{50})) {
        EXPECT_EQ(result.id, 7U);
        return std::move(result.answer);
      }
    }
    return fail(std::string{"nothing came of it"});
  }
  static std::string words_of(const Result<HttpAnswer, std::string>& answer) {
    return answer ? "HTTP " + std::to_string(answer->status) + " " + answer->body : answer.error();
  }
};

TEST_F(HttpClientTest, BringsTheDocumentAndItsValidators) {
  WebServer server{[](const std::string&) { return WebServer::with_body("list", "ETag: \"1\"\r\n"); }};
  const auto answer = get(source(server.url()));
  EXPECT_EQ(words_of(answer), "HTTP 200 list");
  EXPECT_EQ(answer->validators.etag, "\"1\"");
  EXPECT_FALSE(answer->was_conditional);
}

TEST_F(HttpClientTest, AsksWhetherAnythingChanged) {
  WebServer server{[](const std::string&) { return std::string{"HTTP/1.1 304 Not Modified\r\n\r\n"}; }};
  const auto answer = get(source(server.url()), {"\"1\"", "Fri, 27 Nov 2026 10:00:00 GMT"});
  EXPECT_EQ(words_of(answer), "HTTP 304 ");
  EXPECT_TRUE(answer->was_conditional);
  const auto head = server.heads().front();
  EXPECT_NE(head.find("If-None-Match: \"1\"\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("If-Modified-Since: Fri, 27 Nov 2026 10:00:00 GMT\r\n"), std::string::npos) << head;
}

TEST_F(HttpClientTest, FollowsNobodyElsewhere) {
  WebServer other{[](const std::string&) { return WebServer::with_body("list"); }};
  WebServer server{[&](const std::string&) {
    return "HTTP/1.1 302 Found\r\nLocation: " + other.url() + "\r\nContent-Length: 0\r\n\r\n";
  }};
  EXPECT_EQ(words_of(get(source(server.url()))), "HTTP 302 ");
  EXPECT_TRUE(other.heads().empty());
}

TEST_F(HttpClientTest, TakesNoMoreThanAllowed) {
  WebServer server{[](const std::string&) { return WebServer::with_body(std::string(1001, 'x')); }};
  EXPECT_EQ(words_of(get(source(server.url()))), "the answer is larger than 1000 octets allow");
  WebServer exact{[](const std::string&) { return WebServer::with_body(std::string(1000, 'x')); }};
  EXPECT_TRUE(get(source(exact.url())));
  WebServer endless{[](const std::string&) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n" + std::string(0xfffff, 'x') + "\r\n";
  }};
  EXPECT_FALSE(get(source(endless.url()))) << "a length that is not told is counted";
  WebServer talker{[](const std::string&) { return "HTTP/1.1 200 OK\r\nX: " + std::string(20000, 'x') + "\r\n\r\n"; }};
  EXPECT_FALSE(get(source(talker.url()))) << "of the head too";
}

TEST_F(HttpClientTest, UnpacksNothing) {
  WebServer server{
      [](const std::string&) { return WebServer::with_body("\x1f\x8bpacked", "Content-Encoding: gzip\r\n"); }};
  EXPECT_EQ(words_of(get(source(server.url()))), "HTTP 200 \x1f\x8bpacked");
  EXPECT_EQ(server.heads().front().find("Accept-Encoding"), std::string::npos);
}

TEST_F(HttpClientTest, WaitsNoLongerThanItsTimeout) {
  WebServer server{[](const std::string&) {
    std::this_thread::sleep_for(milliseconds{1600});
    return std::string{};
  }};
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_FALSE(get(source(server.url())));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds{1500});
}

TEST_F(HttpClientTest, SpeaksHttpAlone) {
  for (const auto* place : {"file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "http://"})
    EXPECT_FALSE(get(source(place))) << place;
}

TEST_F(HttpClientTest, AsksNoProxyOfTheEnvironment) {
  WebServer proxy{[](const std::string&) { return WebServer::with_body("from the proxy"); }};
  WebServer server{[](const std::string&) { return WebServer::with_body("list"); }};
  ASSERT_EQ(::setenv("http_proxy", proxy.url("").c_str(), 1), 0);
  const auto direct = get(source(server.url()));
  auto by_proxy = source("http://pki.example.invalid/list.crl");
  by_proxy.proxy = proxy.url("");
  ASSERT_EQ(::setenv("no_proxy", "*", 1), 0);
  const auto configured = get(by_proxy);
  ::unsetenv("http_proxy");
  ::unsetenv("no_proxy");
  EXPECT_EQ(words_of(direct), "HTTP 200 list");
  EXPECT_EQ(words_of(configured), "HTTP 200 from the proxy") << "the one of the configuration is used";
}

TEST_F(HttpClientTest, SaysWhyNothingCame) {
  EXPECT_NE(words_of(get(source("http://127.0.0.1:1/x"))).find("connect"), std::string::npos);
  EXPECT_FALSE(get(source("https://127.0.0.1:1/x")));
}

}  // namespace
}  // namespace sallyport
