#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace sallyport {
namespace {

class Handshake : public testing::Test {
 protected:
  TlsPair make_pair(const std::string& name = "vpn.example.com") { return TlsPair{server_, client_, pki_.now(), name}; }

  const TestPki pki_;
  const TestIdentity laptop_ = pki_.device("laptop-7", "ana@example.com");
  const ServerContext server_ = pki_.server();
  const ClientContext client_ = pki_.client(laptop_);
};

TEST_F(Handshake, OfAClientWhoseHelloWasWrittenAheadIsLikeAnyOther) {
  auto pair = make_pair();
  ASSERT_TRUE(pair.client->handshake());
  EXPECT_FALSE(pair.client->outbox().empty());
  pair.client->judge_at(pki_.now() + std::chrono::minutes{5});
  pair.shake();
  EXPECT_TRUE(pair.is_established());
}

TEST_F(Handshake, JudgesDatesWhenAHelloThatWasWrittenAheadIsUsed) {
  auto pair = make_pair();
  ASSERT_TRUE(pair.client->handshake());
  pair.client->judge_at(pki_.now() + std::chrono::hours{24 * 365 * 50});
  pair.shake();
  ASSERT_TRUE(pair.client_error);
  EXPECT_EQ(pair.client_error->fault, TlsFault::PeerCertificate);
}

TEST_F(Handshake, LetsADeviceAndAGatewayKnowEachOther) {
  TlsPair pair = make_pair();
  pair.shake();
  ASSERT_TRUE(pair.is_established());
  const PeerIdentity& device = pair.server->peer();
  EXPECT_EQ(device.device, DeviceId{"laptop-7"});
  EXPECT_EQ(device.user, UserId{"ana@example.com"});
  EXPECT_EQ(device.serial_hex, laptop_.info.serial_hex);
  EXPECT_EQ(device.not_after, laptop_.info.not_after);
  EXPECT_EQ(device.key_kind, KeyKind::P256);
  EXPECT_EQ(device.certificate.der, laptop_.info.der);
  EXPECT_EQ(pair.client->peer().certificate.dns_names, std::vector<std::string>{"vpn.example.com"});
  EXPECT_TRUE(pair.client->peer().device.empty());
}

TEST_F(Handshake, NegotiatesTheHybridGroupAndTheFastSuite) {
  TlsPair pair = make_pair();
  pair.shake();
  EXPECT_EQ(pair.server->group(), "X25519MLKEM768");
  EXPECT_EQ(pair.client->group(), "X25519MLKEM768");
  EXPECT_EQ(pair.client->cipher_suite(), "TLS_AES_128_GCM_SHA256");
}

TEST_F(Handshake, CarriesDataBothWays) {
  TlsPair pair = make_pair();
  pair.shake();
  EXPECT_EQ(pair.say(*pair.client, *pair.server, "ping"), "ping");
  EXPECT_EQ(pair.say(*pair.server, *pair.client, "pong"), "pong");
  const std::string large(100'000, 'x');
  EXPECT_EQ(pair.say(*pair.client, *pair.server, large), large);
}

TEST_F(Handshake, AcceptsEveryKindOfDeviceKey) {
  for (const KeyKind kind : {KeyKind::P256, KeyKind::P384, KeyKind::Ed25519}) {
    const TestIdentity device = pki_.device("laptop", "ana@example.com", kind);
    TlsPair pair{server_, pki_.client(device)};
    pair.shake();
    EXPECT_TRUE(pair.is_established()) << describe(kind);
    EXPECT_EQ(pair.server->peer().key_kind, kind);
  }
}

TEST_F(Handshake, DoesNotCareHowTheBytesAreCut) {
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{5}, std::size_t{7},
                                  std::size_t{64}, std::size_t{1000}}) {
    TlsPair pair = make_pair();
    pair.shake(chunk);
    ASSERT_TRUE(pair.is_established()) << "chunks of " << chunk;
    EXPECT_EQ(pair.say(*pair.client, *pair.server, "data"), "data");
  }
}

/// Delivers `wire` in two pieces cut at `at` and returns what handshake() says in the end.
bool deliver_cut(Engine& engine, const ByteBuffer& wire, std::size_t at) {
  for (const Bytes piece : {Bytes{wire}.first(at), Bytes{wire}.subspan(at)}) {
    engine.feed(piece);
    const auto done = engine.handshake();
    if (!done) return false;
  }
  return true;
}

TEST_F(Handshake, SurvivesACutAtEveryOffsetOfTheServersFlight) {
  std::size_t length = 1;
  for (std::size_t at = 0; at < length; at += 1) {
    TlsPair pair = make_pair();
    ASSERT_TRUE(pair.client->handshake());
    pair.server->feed(pair.client->outbox());
    ASSERT_TRUE(pair.server->handshake());
    pair.client->outbox().clear();
    const ByteBuffer flight = std::exchange(pair.server->outbox(), {});
    length = flight.size();
    ASSERT_TRUE(deliver_cut(*pair.client, flight, std::min(at, length)));
    ASSERT_TRUE(pair.client->is_established()) << "cut at " << at;
    pair.server->feed(pair.client->outbox());
    ASSERT_EQ(pair.server->handshake().value_or(false), true) << "cut at " << at;
  }
  EXPECT_GT(length, 1000U);
}

TEST_F(Handshake, SurvivesACutAtEveryOffsetOfTheClientsFlights) {
  std::size_t longest = 1;
  for (std::size_t at = 0; at < longest; ++at) {
    TlsPair pair = make_pair();
    ASSERT_TRUE(pair.client->handshake());
    const ByteBuffer hello = std::exchange(pair.client->outbox(), {});
    ASSERT_TRUE(deliver_cut(*pair.server, hello, std::min(at, hello.size())));
    pair.client->feed(pair.server->outbox());
    ASSERT_EQ(pair.client->handshake().value_or(false), true);
    pair.server->outbox().clear();
    const ByteBuffer finish = std::exchange(pair.client->outbox(), {});
    ASSERT_TRUE(deliver_cut(*pair.server, finish, std::min(at, finish.size())));
    ASSERT_TRUE(pair.server->is_established()) << "cut at " << at;
    longest = std::max(hello.size(), finish.size());
  }
}

TEST_F(Handshake, SendsNoTicketsAndNothingElseAfterIt) {
  TlsPair pair = make_pair();
  pair.shake();
  ASSERT_TRUE(pair.is_established());
  EXPECT_TRUE(pair.server->outbox().empty());
  EXPECT_EQ(pair.client->silent_records(), 0U);
  EXPECT_EQ(pair.say(*pair.server, *pair.client, "first"), "first");
  EXPECT_EQ(pair.client->silent_records(), 0U);
}

TEST_F(Handshake, KeepsWhatArrivesBehindIt) {
  TlsPair pair = make_pair();
  ASSERT_TRUE(pair.client->handshake());
  pair.server->feed(pair.client->outbox());
  ASSERT_TRUE(pair.server->handshake());
  pair.client->outbox().clear();
  pair.client->feed(pair.server->outbox());
  ASSERT_EQ(pair.client->handshake().value_or(false), true);
  ASSERT_TRUE(pair.client->write(as_bytes("GET")));
  ByteBuffer wire = std::exchange(pair.client->outbox(), {});
  pair.server->feed(wire);
  ASSERT_EQ(pair.server->handshake().value_or(false), true);
  std::fill(wire.begin(), wire.end(), std::byte{0xee});  // the lender has its buffer back

  std::array<std::byte, 16> room{};
  const auto count = pair.server->read(room);
  ASSERT_TRUE(count) << count.error().words;
  EXPECT_EQ(as_text(Bytes{room}.first(*count)), "GET");
}

TEST_F(Handshake, AskedAgainKeepsWhatWasLentSinceItEnded) {
  TlsPair pair = make_pair();
  pair.shake();
  ASSERT_TRUE(pair.client->write(as_bytes("GET")));
  ByteBuffer wire = std::exchange(pair.client->outbox(), {});
  pair.server->feed(wire);
  ASSERT_EQ(pair.server->handshake().value_or(false), true);
  std::fill(wire.begin(), wire.end(), std::byte{0xee});
  std::array<std::byte, 16> room{};
  const auto count = pair.server->read(room);
  ASSERT_TRUE(count) << count.error().words;
  EXPECT_EQ(as_text(Bytes{room}.first(*count)), "GET");
}

TEST_F(Handshake, RefusesAGatewayOfAnotherName) {
  for (const char* name : {"other.example.com", "example.com", "vpn.example.com.evil.org", "vpn", "192.0.2.1"}) {
    TlsPair pair = make_pair(name);
    pair.shake();
    ASSERT_TRUE(pair.client_error.has_value()) << name;
    EXPECT_EQ(pair.client_error->refusal, CertificateRefusal::WrongName) << name;
    ASSERT_TRUE(pair.server_error.has_value()) << name;
    EXPECT_EQ(pair.server_error->fault, TlsFault::PeerAlert);
    EXPECT_FALSE(pair.client->is_established());
  }
}

TEST_F(Handshake, AcceptsAGatewayByItsAddress) {
  PrivateKey key = *PrivateKey::generate(KeyKind::P256);
  const auto issued = pki_.authority().issue_gateway(
      key.public_key(), {"vpn.example.com", {*IpAddress::parse("192.0.2.1"), *IpAddress::parse("2001:db8::1")}},
      pki_.now());
  ASSERT_TRUE(issued);
  const auto server = ServerContext::make(
      pki_.trust(), std::make_shared<const Credentials>(*Credentials::make(issued->pem, std::move(key))),
      "example.com");
  ASSERT_TRUE(server);
  for (const char* name : {"192.0.2.1", "2001:db8::1", "vpn.example.com", "VPN.example.com"}) {
    TlsPair pair{*server, client_, pki_.now(), name};
    pair.shake();
    EXPECT_TRUE(pair.is_established()) << name << ": " << (pair.client_error ? pair.client_error->words : "");
  }
}

TEST_F(Handshake, RefusesADevicesCertificateAsAGateways) {
  const auto impostor = ServerContext::make(pki_.trust(), laptop_.credentials(), "example.com");
  ASSERT_TRUE(impostor);
  TlsPair pair{*impostor, client_, pki_.now(), "vpn.example.com"};
  pair.shake();
  ASSERT_TRUE(pair.client_error.has_value());
  EXPECT_EQ(pair.client_error->refusal, CertificateRefusal::WrongExtendedKeyUsage);
}

TEST_F(Handshake, RefusesATls12HelloWithAnAlert) {
  // A well-formed ClientHello that offers TLS 1.2 alone: no supported_versions extension.
  ByteBuffer hello{std::byte{0x03}, std::byte{0x03}};
  hello.insert(hello.end(), 32, std::byte{0x42});
  for (const int octet : {0x00, 0x00, 0x04, 0xc0, 0x2b, 0xc0, 0x2f, 0x01, 0x00, 0x00, 0x00}) {
    hello.push_back(static_cast<std::byte>(octet));
  }
  const std::size_t size = hello.size();
  ByteBuffer wire{std::byte{0x16},
                  std::byte{0x03},
                  std::byte{0x01},
                  std::byte{0},
                  static_cast<std::byte>(size + 4),
                  std::byte{0x01},
                  std::byte{0},
                  std::byte{0},
                  static_cast<std::byte>(size)};
  append(wire, hello);

  auto engine = Engine::accept(server_, pki_.now());
  ASSERT_TRUE(engine);
  (*engine)->feed(wire);
  const auto done = (*engine)->handshake();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, TlsFault::Protocol);
  const ByteBuffer& alert = (*engine)->outbox();
  ASSERT_GE(alert.size(), 7U);
  EXPECT_EQ(alert[0], std::byte{21});
  EXPECT_EQ(alert[5], std::byte{2});
}

TEST_F(Handshake, RefusesGarbageWithoutAPeer) {
  auto engine = Engine::accept(server_, pki_.now());
  ASSERT_TRUE(engine);
  (*engine)->feed(as_bytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  const auto done = (*engine)->handshake();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, TlsFault::Protocol);
  std::array<std::byte, 16> room{};
  EXPECT_EQ((*engine)->read(room).error().fault, TlsFault::WrongState);
  EXPECT_EQ((*engine)->write(as_bytes("x")).error().fault, TlsFault::WrongState);
}

TEST_F(Handshake, GivesNoDataBeforeItIsDone) {
  TlsPair pair = make_pair();
  std::array<std::byte, 16> room{};
  EXPECT_EQ(pair.server->read(room).error().fault, TlsFault::WrongState);
  EXPECT_EQ(pair.server->write(as_bytes("x")).error().fault, TlsFault::WrongState);
  EXPECT_FALSE(pair.server->is_established());
}

}  // namespace
}  // namespace sallyport
