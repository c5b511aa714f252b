#include "common/wire/upgrade.hpp"

#include "common/base/text.hpp"
#include "tests/unit/common/wire/wire_bytes.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace sallyport {
namespace {

using RequestResult = Result<std::optional<UpgradeRequest>, UpgradeError>;
using ResponseResult = Result<std::optional<UpgradeResponse>, UpgradeError>;

constexpr std::string_view kRequest =
    "GET /.well-known/masque/ip/%2A/%2A/ HTTP/1.1\r\n"
    "Host: vpn.example.com\r\n"
    "Connection: Upgrade\r\n"
    "Upgrade: connect-ip\r\n"
    "Capsule-Protocol: ?1\r\n"
    "Sallyport-Extensions: notice, why, attest, proof, authorities, gso, probe\r\n"
    "\r\n";

constexpr std::string_view kAccepted =
    "HTTP/1.1 101 Switching Protocols\r\n"
    "Connection: Upgrade\r\n"
    "Upgrade: connect-ip\r\n"
    "Capsule-Protocol: ?1\r\n"
    "Sallyport-Extensions: notice\r\n"
    "\r\n";

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out{text};
  const auto at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) out.replace(at, from.size(), to);
  return out;
}

RequestResult parse_request(std::string_view text) { return UpgradeRequestParser{}.feed(as_bytes(text)); }

std::optional<UpgradeError> request_fault(std::string_view text) {
  const auto request = parse_request(text);
  return request ? std::nullopt : std::optional{request.error()};
}

std::optional<UpgradeError> fault_with(std::string_view from, std::string_view to) {
  return request_fault(replaced(kRequest, from, to));
}

UpgradeRequest accepted_with(std::string_view from, std::string_view to) {
  const auto request = parse_request(replaced(kRequest, from, to));
  EXPECT_TRUE(request && *request) << to;
  return request && *request ? **request : UpgradeRequest{};
}

TEST(UpgradeRequest, IsWrittenAsDocumented) {
  ByteBuffer out;
  append_upgrade_request(out, "vpn.example.com", Extensions::all());
  EXPECT_EQ(as_text(out), kRequest);
}

TEST(UpgradeRequest, IsReadBackWithHostAndExtensions) {
  const auto request = parse_request(kRequest);
  ASSERT_TRUE(request && *request);
  EXPECT_EQ(**request, (UpgradeRequest{"vpn.example.com", Extensions::all()}));
}

TEST(UpgradeRequest, WithoutOurExtensionsIsAPlainRfc9484Client) {
  EXPECT_EQ(
      accepted_with("Sallyport-Extensions: notice, why, attest, proof, authorities, gso, probe\r\n", "").extensions,
      Extensions{});
}

TEST(UpgradeRequest, MayLeaveOutCapsuleProtocol) { accepted_with("Capsule-Protocol: ?1\r\n", ""); }

TEST(UpgradeRequest, TakesTheWildcardLiteralOrPercentEncoded) {
  for (const std::string_view path : {"*/*/", "%2A/*/", "%2a/%2A/", "*/%2a/"}) accepted_with("%2A/%2A/", path);
}

TEST(UpgradeRequest, TakesTheAbsoluteFormOfItsOwnHost) {
  accepted_with("GET /", "GET https://vpn.example.com/");
  accepted_with("GET /", "GET https://VPN.example.com/");
}

TEST(UpgradeRequest, IgnoresCaseWhereHttpDoes) {
  accepted_with("Connection: Upgrade", "CONNECTION: keep-alive, uPgRaDe");
  accepted_with("Upgrade: connect-ip", "upgrade: Connect-IP");
  accepted_with("Host: vpn", "hOST:\tvpn");
}

TEST(UpgradeRequest, IgnoresFieldsItDoesNotKnow) {
  accepted_with("Host:", "User-Agent: curl/8 (x)\r\nAccept:\r\nHost:");
}

TEST(UpgradeRequest, FindsTheSameHoweverItIsCut) {
  for (std::size_t cut = 0; cut <= kRequest.size(); ++cut) {
    UpgradeRequestParser parser;
    const auto first = parser.feed(as_bytes(kRequest.substr(0, cut)));
    ASSERT_TRUE(first) << cut;
    EXPECT_EQ(first->has_value(), cut == kRequest.size());
    if (*first) continue;
    const auto second = parser.feed(as_bytes(kRequest.substr(cut)));
    ASSERT_TRUE(second && *second) << cut;
    EXPECT_EQ((*second)->host, "vpn.example.com");
  }
}

TEST(UpgradeRequest, ReadsOctetByOctet) {
  UpgradeRequestParser parser;
  for (std::size_t i = 0; i + 1 < kRequest.size(); ++i) {
    const auto nothing = parser.feed(as_bytes(kRequest.substr(i, 1)));
    ASSERT_TRUE(nothing && !*nothing) << i;
  }
  const auto request = parser.feed(as_bytes(kRequest.substr(kRequest.size() - 1)));
  EXPECT_TRUE(request && *request);
}

TEST(UpgradeRequest, RefusesOctetsAfterTheHeadBeforeTheAnswer) {
  EXPECT_EQ(request_fault(std::string{kRequest} + "x"), UpgradeError::EarlyData);
  UpgradeRequestParser parser;
  ASSERT_TRUE(parser.feed(as_bytes(kRequest)));
  EXPECT_EQ(parser.feed(as_bytes("x")).error(), UpgradeError::EarlyData);
}

TEST(UpgradeRequest, RefusesEveryMethodButGet) {
  for (const std::string_view method : {"POST", "HEAD", "CONNECT", "OPTIONS", "PUT"}) {
    EXPECT_EQ(fault_with("GET", method), UpgradeError::WrongMethod) << method;
  }
  EXPECT_EQ(fault_with("GET", "get"), UpgradeError::Malformed);
  EXPECT_EQ(fault_with("GET", "BREW"), UpgradeError::Malformed);
}

TEST(UpgradeRequest, RefusesEveryVersionButOneDotOne) {
  for (const std::string_view version : {"HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.2", "HTTP/9.9"}) {
    EXPECT_EQ(fault_with("HTTP/1.1", version), UpgradeError::WrongVersion) << version;
  }
}

TEST(UpgradeRequest, RefusesEveryPathButOne) {
  for (const std::string_view path :
       {"/", "/.well-known/masque/ip/*/*", "/.well-known/masque/ip/*/*/x", "/.well-known/masque/ip/*/*/?a=b",
        "/.well-known/masque/ip/10.0.0.1/6/", "/.well-known/masque/udp/*/*/", "//.well-known/masque/ip/*/*/",
        "/../etc/passwd", "/.well-known/masque/ip/%2a/%2b/"}) {
    EXPECT_EQ(fault_with("/.well-known/masque/ip/%2A/%2A/", path), UpgradeError::UnknownPath) << path;
  }
}

TEST(UpgradeRequest, RefusesAnAbsoluteTargetForAnotherHost) {
  EXPECT_EQ(fault_with("GET /", "GET https://other.example.com/"), UpgradeError::BadHost);
  EXPECT_EQ(fault_with("GET /", "GET https://vpn.example.com@evil/"), UpgradeError::BadHost);
}

TEST(UpgradeRequest, NeedsExactlyOneHost) {
  EXPECT_EQ(fault_with("Host: vpn.example.com\r\n", ""), UpgradeError::BadHost);
  EXPECT_EQ(fault_with("Host: vpn.example.com", "Host:"), UpgradeError::BadHost);
  EXPECT_EQ(fault_with("Host: vpn.example.com", "Host: a b"), UpgradeError::BadHost);
  EXPECT_EQ(fault_with("Host:", "host: a\r\nHost:"), UpgradeError::RepeatedField);
}

TEST(UpgradeRequest, NeedsUpgradeToConnectIp) {
  EXPECT_EQ(fault_with("Upgrade: connect-ip\r\n", ""), UpgradeError::NoUpgrade);
  EXPECT_EQ(fault_with("Upgrade: connect-ip", "Upgrade: websocket"), UpgradeError::NoUpgrade);
  EXPECT_EQ(fault_with("Upgrade: connect-ip", "Upgrade: connect-ip, h2c"), UpgradeError::NoUpgrade);
}

TEST(UpgradeRequest, NeedsConnectionToNameUpgrade) {
  EXPECT_EQ(fault_with("Connection: Upgrade\r\n", ""), UpgradeError::NotConnectionUpgrade);
  EXPECT_EQ(fault_with("Connection: Upgrade", "Connection: close"), UpgradeError::NotConnectionUpgrade);
  EXPECT_EQ(fault_with("Connection: Upgrade", "Connection: xupgrade"), UpgradeError::NotConnectionUpgrade);
}

TEST(UpgradeRequest, RefusesACapsuleProtocolThatIsNotTrue) {
  for (const std::string_view item : {"?0", "1", "true", "?1, ?1", ""}) {
    EXPECT_EQ(fault_with("Capsule-Protocol: ?1", "Capsule-Protocol: " + std::string{item}),
              UpgradeError::NotCapsuleProtocol)
        << item;
  }
  accepted_with("Capsule-Protocol: ?1", "Capsule-Protocol: ?1;later=2");
}

TEST(UpgradeRequest, RefusesBodies) {
  for (const std::string_view field : {"Content-Length: 0", "Content-Length: 5", "Content-Type: text/plain"}) {
    EXPECT_EQ(fault_with("Host:", std::string{field} + "\r\nHost:"), UpgradeError::BodyField) << field;
  }
  // llhttp itself refuses some of these: refused is what counts.
  for (const std::string_view field : {"Transfer-Encoding: chunked", "Content-Length: 5\r\nTransfer-Encoding: chunked",
                                       "Content-Length: x", "Content-Length: 1\r\nContent-Length: 2"}) {
    EXPECT_TRUE(fault_with("Host:", std::string{field} + "\r\nHost:")) << field;
  }
}

TEST(UpgradeRequest, RefusesAnyFieldTwice) {
  for (const std::string_view field : {"Connection: Upgrade", "Upgrade: connect-ip", "Capsule-Protocol: ?1",
                                       "Sallyport-Extensions: why", "HOST: vpn.example.com"}) {
    EXPECT_EQ(fault_with("Host:", std::string{field} + "\r\nHost:"), UpgradeError::RepeatedField) << field;
  }
  EXPECT_EQ(fault_with("Host:", "X: 1\r\nx: 2\r\nHost:"), UpgradeError::RepeatedField);
}

TEST(UpgradeRequest, RefusesFoldedLines) {
  EXPECT_EQ(fault_with("Host:", "X: 1\r\n 2\r\nHost:"), UpgradeError::Malformed);
  EXPECT_EQ(fault_with("Host:", "X: 1\r\n\t2\r\nHost:"), UpgradeError::Malformed);
}

TEST(UpgradeRequest, RefusesBareLineEnds) {
  EXPECT_EQ(request_fault("GET / HTTP/1.1\n"), UpgradeError::Malformed);
  EXPECT_EQ(fault_with("Host:", "X: a\nHost:"), UpgradeError::Malformed);
  EXPECT_EQ(fault_with("Host:", "X: a\rb\r\nHost:"), UpgradeError::Malformed);
}

TEST(UpgradeRequest, RefusesControlOctetsAndNonAscii) {
  for (unsigned octet = 0; octet < 256; ++octet) {
    const char c = static_cast<char>(octet);
    const bool plain = (octet >= 0x20 && octet < 0x7f) || octet == '\t';
    const auto fault = fault_with("Host:", std::string{"X: a"} + c + "b\r\nHost:");
    EXPECT_EQ(fault, plain ? std::nullopt : std::optional{UpgradeError::Malformed}) << octet;
  }
}

TEST(UpgradeRequest, RefusesWhatStandsBeforeTheRequestLine) {
  EXPECT_EQ(request_fault("\r\n" + std::string{kRequest}), UpgradeError::Malformed);
  EXPECT_EQ(request_fault(" " + std::string{kRequest}), UpgradeError::Malformed);
}

TEST(UpgradeRequest, RefusesLooseSpellings) {
  EXPECT_EQ(fault_with("Host:", "Host :"), UpgradeError::Malformed);
  EXPECT_EQ(fault_with("Host:", "Ho st:"), UpgradeError::Malformed);
  EXPECT_EQ(fault_with("Host:", ": x\r\nHost:"), UpgradeError::Malformed);
  EXPECT_EQ(fault_with("Host:", "no colon\r\nHost:"), UpgradeError::Malformed);
  EXPECT_EQ(fault_with("GET ", "GET  "), UpgradeError::Malformed);
  EXPECT_EQ(fault_with(" HTTP/1.1", "  HTTP/1.1"), UpgradeError::Malformed);
  EXPECT_EQ(fault_with(" HTTP/1.1", " http/1.1"), UpgradeError::Malformed);
  EXPECT_EQ(fault_with(" HTTP/1.1", " HTTP/1.1 "), UpgradeError::WrongVersion);
  EXPECT_EQ(fault_with(" HTTP/1.1", ""), UpgradeError::WrongVersion);
}

TEST(UpgradeRequest, IsAtMost4096OctetsLong) {
  const std::size_t room = kMaxHeadSize - kRequest.size() - std::string_view{"X: \r\n"}.size();
  EXPECT_EQ(fault_with("Host:", "X: " + std::string(room, 'a') + "\r\nHost:"), std::nullopt);
  EXPECT_EQ(fault_with("Host:", "X: " + std::string(room + 1, 'a') + "\r\nHost:"), UpgradeError::HeadTooLarge);
}

TEST(UpgradeRequest, WithoutEndIsRefusedAtTheLimit) {
  UpgradeRequestParser parser;
  const std::string piece(1000, 'a');
  std::optional<UpgradeError> fault;
  for (int i = 0; i < 5 && !fault; ++i) {
    if (const auto outcome = parser.feed(as_bytes(piece)); !outcome) fault = outcome.error();
  }
  EXPECT_EQ(fault, UpgradeError::HeadTooLarge);
}

TEST(UpgradeRequest, HasAtMost32Fields) {
  std::string fields;
  for (int i = 0; i < 27; ++i) fields += "X" + std::to_string(i) + ": 1\r\n";
  EXPECT_EQ(fault_with("Host:", fields + "Host:"), std::nullopt);
  EXPECT_EQ(fault_with("Host:", fields + "Y: 1\r\nHost:"), UpgradeError::HeadTooLarge);
}

TEST(UpgradeRequest, StaysRefused) {
  UpgradeRequestParser parser;
  ASSERT_FALSE(parser.feed(as_bytes("\r\n")));
  EXPECT_FALSE(parser.feed(as_bytes(kRequest)));
}

TEST(UpgradeRequest, IsRefusedWithTheDocumentedStatus) {
  const std::vector<std::pair<UpgradeError, unsigned>> table{{UpgradeError::Malformed, 400},
                                                             {UpgradeError::RepeatedField, 400},
                                                             {UpgradeError::BodyField, 400},
                                                             {UpgradeError::BadHost, 400},
                                                             {UpgradeError::NotConnectionUpgrade, 400},
                                                             {UpgradeError::NotCapsuleProtocol, 400},
                                                             {UpgradeError::EarlyData, 400},
                                                             {UpgradeError::UnknownPath, 404},
                                                             {UpgradeError::WrongMethod, 405},
                                                             {UpgradeError::NoUpgrade, 426},
                                                             {UpgradeError::HeadTooLarge, 431},
                                                             {UpgradeError::WrongVersion, 505}};
  for (const auto& [error, status] : table) EXPECT_EQ(problem_for(error).status, status) << describe(error);
}

TEST(Refusal, IsWrittenAsDocumented) {
  ByteBuffer out;
  append_refusal(out, Problem{.status = 403,
                              .title = {},
                              .detail = "this device is disabled; ask your administrator",
                              .reason = "device_disabled",
                              .code = "K7Q2-9XPD"});
  EXPECT_EQ(as_text(out),
            "HTTP/1.1 403 Forbidden\r\nContent-Type: application/problem+json\r\nContent-Length: 160\r\n"
            "Connection: close\r\n\r\n"
            R"({"type":"about:blank","title":"Forbidden","status":403,"detail":"this device is disabled; )"
            R"(ask your administrator","reason":"device_disabled","code":"K7Q2-9XPD"})");
}

TEST(Refusal, NamesTheMethodOrProtocolThatWouldDo) {
  ByteBuffer out;
  append_refusal(out, problem_for(UpgradeError::WrongMethod));
  EXPECT_NE(as_text(out).find("\r\nAllow: GET\r\n"), std::string_view::npos);
  out.clear();
  append_refusal(out, problem_for(UpgradeError::NoUpgrade));
  EXPECT_NE(as_text(out).find("\r\nUpgrade: connect-ip\r\n"), std::string_view::npos);
}

ResponseResult parse_response(std::string_view text) { return UpgradeResponseParser{}.feed(as_bytes(text)); }

std::optional<UpgradeError> response_fault(std::string_view from, std::string_view to) {
  const auto response = parse_response(replaced(kAccepted, from, to));
  return response ? std::nullopt : std::optional{response.error()};
}

TEST(UpgradeResponse, IsWrittenAsDocumented) {
  ByteBuffer out;
  append_upgrade_accepted(out, Extensions{.notice = true, .why = false, .attest = false});
  EXPECT_EQ(as_text(out), kAccepted);
  out.clear();
  append_upgrade_accepted(out, Extensions{});
  EXPECT_EQ(as_text(out).find("Sallyport"), std::string_view::npos);
}

TEST(UpgradeResponse, LeavesTheCapsulesBehindItUntouched) {
  const std::string stream = std::string{kAccepted} + std::string("\x00\x01\x00", 3);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    UpgradeResponseParser parser;
    auto response = parser.feed(as_bytes(std::string_view{stream}.substr(0, cut)));
    ASSERT_TRUE(response) << cut;
    EXPECT_EQ(response->has_value(), cut >= kAccepted.size());
    if (!*response) response = parser.feed(as_bytes(std::string_view{stream}.substr(cut)));
    ASSERT_TRUE(response && *response) << cut;
    EXPECT_EQ(**response, (UpgradeResponse{101, {.notice = true, .why = false}, std::nullopt}));
    const std::size_t read = cut < kAccepted.size() ? stream.size() : cut;
    EXPECT_EQ(parser.rest().size(), read - kAccepted.size()) << cut;
  }
}

TEST(UpgradeResponse, FailsWithoutWhatConnectIpAsksFor) {
  EXPECT_EQ(response_fault("Connection: Upgrade\r\n", ""), UpgradeError::NotConnectionUpgrade);
  EXPECT_EQ(response_fault("Upgrade: connect-ip\r\n", ""), UpgradeError::NoUpgrade);
  EXPECT_EQ(response_fault("connect-ip", "websocket"), UpgradeError::NoUpgrade);
  EXPECT_EQ(response_fault("?1", "?0"), UpgradeError::NotCapsuleProtocol);
  EXPECT_EQ(response_fault("Upgrade: connect-ip", "Upgrade: connect-ip\r\nUpgrade: connect-ip"),
            UpgradeError::RepeatedField);
}

TEST(UpgradeResponse, FailsWithBodyFields) {
  for (const std::string_view field : {"Content-Length: 0\r\n", "Content-Type: x/y\r\n"}) {
    EXPECT_EQ(response_fault("Connection:", std::string{field} + "Connection:"), UpgradeError::BodyField) << field;
  }
  EXPECT_TRUE(response_fault("Connection:", "Transfer-Encoding: chunked\r\nConnection:"));
}

TEST(UpgradeResponse, FailsWhenItIsNotHttp11) {
  EXPECT_EQ(response_fault("HTTP/1.1", "HTTP/1.0"), UpgradeError::WrongVersion);
  EXPECT_FALSE(parse_response("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
  EXPECT_FALSE(parse_response("HTTP/1.1 1010 Switching\r\n\r\n"));
  EXPECT_FALSE(parse_response("HTTP/1.1  101 Switching\r\n\r\n"));
}

TEST(UpgradeResponse, SkipsInterimAnswersUpToALimit) {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\n\r\n";
  std::string stream;
  for (unsigned i = 0; i < kMaxInterimAnswers; ++i) stream += interim;
  const auto response = parse_response(stream + std::string{kAccepted});
  ASSERT_TRUE(response && *response);
  EXPECT_EQ(parse_response(stream + interim).error(), UpgradeError::TooManyInterim);
}

std::string refusal_text() {
  ByteBuffer out;
  append_refusal(out, Problem{.status = 403, .title = {}, .detail = "ask", .reason = "device_disabled", .code = "K7"});
  return std::string{as_text(out)};
}

TEST(UpgradeResponse, OfARefusalCarriesItsDocumentHoweverItIsCut) {
  const std::string text = refusal_text();
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    UpgradeResponseParser parser;
    const auto nothing = parser.feed(as_bytes(std::string_view{text}.substr(0, cut)));
    ASSERT_TRUE(nothing && !*nothing) << cut;
    const auto response = parser.feed(as_bytes(std::string_view{text}.substr(cut)));
    ASSERT_TRUE(response && *response) << cut;
    EXPECT_FALSE((*response)->is_accepted());
    ASSERT_TRUE((*response)->problem) << cut;
    EXPECT_EQ((*response)->problem->reason, "device_disabled");
    EXPECT_EQ((*response)->problem->status, 403U);
  }
}

TEST(UpgradeResponse, CountsARefusalWhoseDocumentIsCut) {
  const std::string text = refusal_text();
  const std::size_t head = text.find("\r\n\r\n") + 4;
  for (std::size_t size = 0; size < text.size(); ++size) {
    UpgradeResponseParser parser;
    ASSERT_TRUE(parser.feed(as_bytes(std::string_view{text}.substr(0, size))));
    const auto response = parser.finish();
    ASSERT_EQ(response.has_value(), size >= head) << size;
    if (response) {
      EXPECT_EQ(*response, (UpgradeResponse{403, {}, std::nullopt}));
    }
  }
}

TEST(UpgradeResponse, ReadsNoDocumentThatIsTooLongOrOfAnotherType) {
  for (const std::string_view fields :
       {"Content-Type: application/problem+json\r\nContent-Length: 8193\r\n",
        "Content-Type: text/html\r\nContent-Length: 5\r\n", "Content-Type: application/problem+json\r\n",
        "Content-Length: 5\r\n",
        "Content-Type: application/problem+json\r\nContent-Length: 18446744073709551615\r\n"}) {
    const auto response = parse_response("HTTP/1.1 503 Busy\r\n" + std::string{fields} + "\r\n12345");
    ASSERT_TRUE(response && *response) << fields;
    EXPECT_EQ(**response, (UpgradeResponse{503, {}, std::nullopt}));
  }
}

TEST(UpgradeResponse, OfSuccessThatIsNotAnUpgradeIsARefusal) {
  const auto response = parse_response("HTTP/1.1 200 OK\r\n\r\n");
  ASSERT_TRUE(response && *response);
  EXPECT_FALSE((*response)->is_accepted());
}

TEST(UpgradeResponse, EscapesTheDocumentOfAHostileGateway) {
  const std::string body = R"({"detail":"\u001b[2J\nrm -rf","reason":")" + std::string(4000, 'x') + "\"}";
  const auto response =
      parse_response("HTTP/1.1 403 F\r\nContent-Type: application/problem+json; charset=utf-8\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n" + body);
  ASSERT_TRUE(response && *response && (*response)->problem);
  EXPECT_EQ((*response)->problem->detail, "\\x1b[2J\\x0arm -rf");
  EXPECT_EQ((*response)->problem->reason.size(), 256U);
}

TEST(Extensions, AreThoseBothSidesKnow) {
  EXPECT_EQ(parse_extensions("notice, why, attest, proof, authorities, gso, probe"), Extensions::all());
  EXPECT_EQ(parse_extensions("later,why\t,\tnotice,probe,gso,proof,authorities,attest"), Extensions::all());
  EXPECT_EQ(parse_extensions("why"), (Extensions{.notice = false, .why = true, .attest = false}));
  EXPECT_EQ((Extensions::all() & Extensions{.notice = true, .why = false, .attest = false}),
            (Extensions{.notice = true, .why = false, .attest = false}));
}

TEST(Extensions, OfAMalformedListAreNone) {
  std::string many = "notice";
  for (int i = 0; i < 16; ++i) many += ", x";
  for (const std::string& field : {std::string{}, std::string{"notice,"}, std::string{",notice"}, std::string{"Notice"},
                                   std::string{"notice why"}, std::string{"notice;q=1"}, many}) {
    EXPECT_EQ(parse_extensions(field), Extensions{}) << field;
  }
}

TEST(Authority, IsAHostNameWithOptionalPort) {
  for (const std::string_view good : {"vpn.example.com", "vpn:8443", "[2001:db8::1]:443", "192.0.2.1"}) {
    EXPECT_TRUE(is_authority(good)) << good;
  }
  for (const std::string_view bad : {"", "a b", "a\r\nX: 1", "a/b", "user@host", "a\x80"}) {
    EXPECT_FALSE(is_authority(bad)) << bad;
  }
  EXPECT_FALSE(is_authority(std::string(256, 'a')));
}

TEST(UpgradeError, HasWordsForEveryValue) {
  for (unsigned value = 0; value <= static_cast<unsigned>(UpgradeError::CutShort); ++value) {
    EXPECT_NE(describe(static_cast<UpgradeError>(value)), "unknown upgrade error") << value;
  }
}

}  // namespace
}  // namespace sallyport
