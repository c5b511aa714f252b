#include "common/wire/est.hpp"

#include "common/base/base64.hpp"
#include "common/wire/upgrade.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport {
namespace {

using namespace std::string_literals;

ByteBuffer bytes(std::string_view text) { return {as_bytes(text).begin(), as_bytes(text).end()}; }

EstRequestParser::Outcome parse(std::string_view text) { return EstRequestParser{}.feed(as_bytes(text)); }

std::string enroll(const std::string& fields, const std::string& body) {
  return "POST /.well-known/est/simpleenroll HTTP/1.1\r\nHost: vpn.example.com:8443\r\n" + fields + "\r\n" + body;
}
std::string sized(const std::string& body) {
  return "Content-Type: application/pkcs10\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
}
EstError error_of(const std::string& text) {
  const auto outcome = parse(text);
  EXPECT_FALSE(outcome) << text;
  return outcome ? EstError::CutShort : outcome.error();
}

TEST(EstRequest, ReadsWhatItsOwnWriterWrote) {
  const EstRequest requests[] = {
      {EstOperation::CaCerts, {}, {}},
      {EstOperation::Enroll, EstCredentials{"ana@example.com", "spt_1:2"}, bytes("der")},
      {EstOperation::Enroll, EstCredentials{"", "spt_12"}, ByteBuffer(9000, std::byte{7})},
      {EstOperation::Reenroll, {}, bytes("another")},
  };
  for (const auto& request : requests) {
    ByteBuffer out;
    append_est_request(out, "vpn.example.com", request);
    for (const std::size_t step : {out.size(), std::size_t{1}, std::size_t{7}}) {
      EstRequestParser parser;
      std::optional<EstRequest> found;
      for (std::size_t at = 0; at < out.size(); at += step) {
        const auto outcome = parser.feed(Bytes{out}.subspan(at, std::min(step, out.size() - at)));
        ASSERT_TRUE(outcome);
        if (*outcome) found = **outcome;
      }
      EXPECT_EQ(found, request);
    }
  }
}

TEST(EstRequest, TakesWhatCurlSends) {
  const auto body = "AAEC\r\nAwQF\r\n"s;
  const auto outcome = parse(enroll("User-Agent: curl/7.88.1\r\nAccept: */*\r\nAuthorization: Basic " +
                                        to_base64(as_bytes("ana@example.com:spt_1")) + "\r\n" + sized(body),
                                    body));
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->credentials, (EstCredentials{"ana@example.com", "spt_1"}));
  EXPECT_EQ((*outcome)->csr.size(), 6U);
}

TEST(EstRequest, WantsLengthTypeAndSize) {
  EXPECT_EQ(error_of(enroll("Content-Type: application/pkcs10\r\n", "")), EstError::NoLength);
  EXPECT_EQ(error_of(enroll("Content-Type: application/pkcs10\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
            EstError::NoLength);
  EXPECT_EQ(error_of(enroll("Content-Type: application/pkcs10\r\nContent-Length: 16385\r\n", "")),
            EstError::BodyTooLarge);
  EXPECT_EQ(error_of(enroll("Content-Type: application/pkcs10\r\nContent-Length: 99999999999999999999\r\n", "")),
            EstError::Malformed);
  EXPECT_EQ(error_of(enroll("Content-Type: text/plain\r\nContent-Length: 4\r\n", "AAAA")), EstError::WrongType);
  EXPECT_EQ(error_of(enroll("Content-Length: 4\r\n", "AAAA")), EstError::WrongType);
  EXPECT_EQ(error_of(enroll(sized("AAA"), "AAA")), EstError::NotBase64);
  EXPECT_EQ(error_of(enroll(sized("AAAA"), "AAAA!")), EstError::Malformed);
}

TEST(EstRequest, KnowsThreePathsAndTheirMethods) {
  const auto head = [](const std::string& line) { return line + " HTTP/1.1\r\nHost: a\r\n\r\n"; };
  EXPECT_EQ(error_of(head("GET /.well-known/est/csrattrs")), EstError::UnknownPath);
  EXPECT_EQ(error_of(head("GET /.well-known/est/cacerts?x")), EstError::UnknownPath);
  EXPECT_EQ(error_of(head("GET /.well-known/est/label/cacerts")), EstError::UnknownPath);
  EXPECT_EQ(error_of(head("GET /.well-known/masque/ip/*/*/")), EstError::UnknownPath);
  EXPECT_EQ(error_of(head("GET /.well-known/est/simpleenroll")), EstError::PostOnly);
  EXPECT_EQ(error_of(head("POST /.well-known/est/cacerts")), EstError::GetOnly);
  EXPECT_EQ(error_of("GET /.well-known/est/cacerts HTTP/1.1\r\n\r\n"), EstError::Malformed);
  EXPECT_EQ(error_of("GET /.well-known/est/cacerts HTTP/1.0\r\nHost: a\r\n\r\n"), EstError::WrongVersion);
  EXPECT_EQ(error_of(head("GET /.well-known/est/cacerts") + "x"), EstError::Malformed);
  EXPECT_EQ(error_of(std::string(5000, 'A')), EstError::HeadTooLarge);
}

TEST(EstRequest, CountsCredentialsItCannotReadAsNone) {
  const auto with = [](const std::string& value) {
    const auto outcome = parse(enroll("Authorization: " + value + "\r\n" + sized("AAAA"), "AAAA"));
    return outcome && *outcome && (*outcome)->credentials;
  };
  EXPECT_TRUE(with("basic " + to_base64(as_bytes(":t"))));
  EXPECT_FALSE(with("Bearer spt_1"));
  EXPECT_FALSE(with("Basic !!!"));
  EXPECT_FALSE(with("Basic " + to_base64(as_bytes("no-colon"))));
  EXPECT_FALSE(with("Basic " + to_base64(as_bytes("user:"))));
  EXPECT_FALSE(with("Basic " + to_base64(as_bytes("a:b\n"))));
  EXPECT_FALSE(with("Basic " + to_base64(as_bytes(":" + std::string(129, 't')))));
}

TEST(EstRequest, IsOverAfterAnError) {
  EstRequestParser parser;
  EXPECT_FALSE(parser.feed(as_bytes("nonsense\n")));
  EXPECT_FALSE(parser.feed(as_bytes("GET /.well-known/est/cacerts HTTP/1.1\r\nHost: a\r\n\r\n")));
}

Problem refusal_of(unsigned status) { return {.status = status, .title = {}, .detail = {}, .reason = {}, .code = {}}; }

TEST(EstRefusal, SaysWhatRfc9110AsksFor) {
  const auto text = [](const auto& what) {
    ByteBuffer out;
    append_est_refusal(out, what);
    return std::string{as_text(out)};
  };
  EXPECT_NE(text(EstError::GetOnly).find("HTTP/1.1 405 Method Not Allowed\r\n"), std::string::npos);
  EXPECT_NE(text(EstError::GetOnly).find("Allow: GET\r\n"), std::string::npos);
  EXPECT_NE(text(EstError::PostOnly).find("Allow: POST\r\n"), std::string::npos);
  EXPECT_NE(text(EstError::NoLength).find("411 Length Required"), std::string::npos);
  EXPECT_NE(text(EstError::BodyTooLarge).find("413 Content Too Large"), std::string::npos);
  EXPECT_NE(text(EstError::WrongType).find("415 Unsupported Media Type"), std::string::npos);
  EXPECT_NE(text(refusal_of(401)).find("WWW-Authenticate: Basic realm="), std::string::npos);
  EXPECT_NE(text(refusal_of(429)).find("Retry-After: 10\r\n"), std::string::npos);
}

TEST(EstResponse, ReadsAnswersAndRefusals) {
  ByteBuffer answer;
  append_est_answer(answer, bytes(std::string(5000, 'x')));
  ByteBuffer refusal;
  append_est_refusal(refusal, Problem{.status = 401, .title = {}, .detail = "no", .reason = "bad_token", .code = {}});
  for (const std::size_t step : {std::size_t{100'000}, std::size_t{1}}) {
    const auto read = [step](const ByteBuffer& text) {
      EstResponseParser parser;
      EstResponse found;
      for (std::size_t at = 0; at < text.size(); at += step) {
        const auto outcome = parser.feed(Bytes{text}.subspan(at, std::min(step, text.size() - at)));
        EXPECT_TRUE(outcome);
        if (outcome && *outcome) found = **outcome;
      }
      return found;
    };
    EXPECT_EQ(read(answer).status, 200U);
    EXPECT_EQ(read(answer).certs_only.size(), 5000U);
    EXPECT_EQ(read(refusal).status, 401U);
    EXPECT_EQ(read(refusal).problem.value_or(Problem{}).reason, "bad_token");
  }
}

TEST(EstResponse, TakesNoAnswerThatIsNotACertsOnlyMessageOfKnownLength) {
  const auto error = [](const std::string& text) {
    const auto outcome = EstResponseParser{}.feed(as_bytes(text));
    return outcome ? std::nullopt : std::optional{outcome.error()};
  };
  EXPECT_EQ(error("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nAAAA"), EstError::WrongType);
  EXPECT_EQ(error("HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\n\r\nAAAA"), EstError::NoLength);
  EXPECT_EQ(error("HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\nContent-Length: 98305\r\n\r\n"),
            EstError::NoLength);
  EXPECT_EQ(error("HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\nContent-Length: 3\r\n\r\nAAA"),
            EstError::NotBase64);
  std::string interim;
  for (int i = 0; i < 5; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(error(interim), EstError::TooManyInterim);
}

TEST(EstResponse, CountsARefusalWithoutItsDocumentWhenTheStreamEnds) {
  EstResponseParser parser;
  EXPECT_TRUE(
      parser.feed(as_bytes("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
                           "Content-Length: 50\r\n\r\n{\"ty")));
  EXPECT_EQ(parser.finish().value_or(EstResponse{}).status, 503U);
  EstResponseParser cut;
  EXPECT_TRUE(
      cut.feed(as_bytes("HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\nContent-Length: 8\r\n\r\nAAAA")));
  EXPECT_EQ(cut.finish().error(), EstError::CutShort);
}

}  // namespace
}  // namespace sallyport
