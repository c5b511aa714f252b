// B7 of the threat table: nothing that a client sends moves an end further away. Two sessions of one beginning are told
// the same time; one of them gets random control messages besides. Whatever these are, it never outlives the quiet one,
// and never reaches what the quiet one does not.
//
//   SALLYPORT_DEADLINE_SEQUENCES=N   how many sequences (usual: 20,000)

#include "common/wire/address_request.hpp"
#include "common/wire/datagram.hpp"
#include "common/wire/proof.hpp"
#include "common/wire/route_advertisement.hpp"
#include "common/wire/why.hpp"
#include "server/session/session.hpp"
#include "tests/support/conversation.hpp"
#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

namespace sallyport {
namespace {

using namespace test;
using std::chrono::seconds;

constexpr const char* kPolicy = R"(
version = 1
[resources]
fresh = { net = "10.20.4.10", ports = "443/tcp" }
open  = { net = "10.20.4.11", ports = "443/tcp" }
[allow.fresh]
who = "everyone"
to  = "fresh"
key_age = "40s"
[allow.open]
who = "everyone"
to  = "open"
)";
constexpr std::string_view kRequest =
    "GET /.well-known/masque/ip/*/*/ HTTP/1.1\r\nHost: vpn.example.com\r\nConnection: Upgrade\r\nUpgrade: "
    "connect-ip\r\n"
    "Capsule-Protocol: ?1\r\nSallyport-Extensions: notice, why, attest, proof\r\n\r\n";

std::size_t sequences() {
  const char* text = std::getenv("SALLYPORT_DEADLINE_SEQUENCES");
  return text == nullptr ? 20'000 : std::strtoull(text, nullptr, 10);
}

class Deadlines : public testing::Test {
 protected:
  Session begin(Now now) {
    return Session{SessionGrant{.id = SessionId{7},
                                .device = DeviceId{"laptop"},
                                .user = UserId{"ana@example.com"},
                                .serial = "0a",
                                .certificate_expires = now.wall + seconds{70 + random_() % 60},
                                .key_proved = now.wall,
                                .source = *IpAddress::parse("198.51.100.2"),
                                .addresses = {.v4 = IpAddress::parse("10.99.0.2"), .v6 = {}},
                                .binding = binding_},
                   policy_, now};
  }
  static void hear(Session& session, Bytes bytes, Now now) {
    ByteBuffer ignored;
    session.receive(bytes);
    while (session.next_packet(now, ignored)) {
    }
  }
  static ByteBuffer of_a_flow() {
    ByteBuffer capsule;
    append_datagram(capsule, packet("10.99.0.2", "10.20.4.10", tcp(40'001, 443, kAck)));
    return capsule;
  }
  /// A packet that opens a flow to there.
  static ByteBuffer opening(const char* place) {
    ByteBuffer capsule;
    append_datagram(capsule, packet("10.99.0.2", place, tcp(40'000, 443, kSyn)));
    return capsule;
  }
  /// Of a copy, so that asking changes nothing.
  static bool reaches(Session session, Bytes opening, Now now) {
    ByteBuffer ignored;
    session.receive(opening);
    return session.next_packet(now, ignored).has_value();
  }
  /// As a worker does it, with the same random octets for both.
  static void tick(Session& session, Now now, unsigned nonce) {
    ByteBuffer ignored;
    session.handle_timeout(now, ignored);
    AttestNonce octets{};
    store_be32(octets, nonce);
    if (session.wants_challenge(now)) session.challenge(octets, now, ignored);
  }
  ByteBuffer control();

  std::mt19937 random_{19};
  const ByteBuffer known_ = of_a_flow();
  PrivateKey key_ = PrivateKey::generate(KeyKind::P256).value();
  std::shared_ptr<const ChannelBinding> binding_ =
      std::make_shared<const ChannelBinding>(ChannelBinding{key_.public_key(), {}});
  std::shared_ptr<const Policy> policy_ = policy_from(kPolicy);
};

/// One control message of a client, well made or not. None proves anything: nobody here has the key.
ByteBuffer Deadlines::control() {
  ByteBuffer out;
  AttestNonce nonce{};
  switch (random_() % 9) {
    case 0:
      append_proof_request(out);
      break;
    case 1:
      append_why_request(out, WhyRequest{random_() % 100, "10.20.4.10:443/tcp"});
      break;
    case 2:
      append_address_request(out, std::vector<RequestedAddress>{{1 + random_() % 5, IpPrefix::host(IpAddress{})}});
      break;
    case 3:
      store_be32(nonce, static_cast<std::uint32_t>(1 + random_() % 20));
      append_attest_answer(out, {nonce, R"({"v":1})", ByteBuffer(70)});
      break;
    case 4:
      append_route_advertisement(out, std::vector<IpRange>{});
      break;
    case 5:
      append(out, known_);
      break;
    case 6:  // of a type that nobody knows
      append(out, octets({0x17, 2, 1, 2}));
      break;
    case 7:  // half a capsule, to be continued by whatever comes next
      append(out, octets({0x40}));
      break;
    default:
      for (auto i = 1 + random_() % 12; i > 0; --i) out.push_back(static_cast<std::byte>(random_()));
      break;
  }
  return out;
}

TEST_F(Deadlines, OfASessionThatIsNotOnlineAreNotThoseOfItsRoutes) {
  const Now now{TimePoint{std::chrono::hours{1}}, wall_now()};
  auto session = begin(now);
  EXPECT_EQ(session.next_timeout(now), now.steady + seconds{10}) << "the time for its request";
  session.hold();
  hear(session, as_bytes(kRequest), now);
  ASSERT_TRUE(session.is_verifying());
  tick(session, now, 1);
  EXPECT_GE(session.next_timeout(now), now.steady + seconds{1});
}

TEST_F(Deadlines, NoControlSequenceMovesAnEndFurtherAway) {
  const ByteBuffer openings[] = {opening("10.20.4.10"), opening("10.20.4.11")};
  std::size_t outlived = 0;
  std::size_t reached = 0;
  for (std::size_t i = 0; i < sequences(); ++i) {
    Now now{TimePoint{std::chrono::hours{1}}, WallTime{std::chrono::hours{500'000}}};
    const Session beginning = begin(now);
    Session quiet = beginning;
    Session noisy = beginning;
    const bool goes_online = random_() % 4 != 0;
    std::size_t sent = 0;
    if (goes_online) {
      hear(quiet, as_bytes(kRequest), now);
      hear(noisy, as_bytes(kRequest), now);
      ASSERT_TRUE(quiet.is_online() && noisy.is_online());
    }
    for (unsigned step = 1; step < 14 && !quiet.has_ended(); ++step) {
      for (auto n = random_() % 4; n > 0; --n) {
        // Who is not online yet may send his request octet by octet, but not all of it.
        const auto message = control();
        hear(noisy, goes_online ? Bytes{message} : as_bytes(kRequest.substr(sent++, 1)), now);
      }
      const auto span = seconds{1 + random_() % 12};
      now = {now.steady + span, now.wall + span};
      tick(quiet, now, step);
      tick(noisy, now, step);
      outlived += quiet.has_ended() && !noisy.has_ended() ? 1 : 0;
      for (const auto& place : openings) {
        reached += !reaches(quiet, place, now) && reaches(noisy, place, now) ? 1 : 0;
      }
      ASSERT_EQ(outlived + reached, 0U) << "sequence " << i << ", step " << step;
    }
  }
}

}  // namespace
}  // namespace sallyport
