// Answers that prove nothing: each kind a thousand times, refused a thousand times, for every kind of device key.

#include "server/session/attestation.hpp"

#include "common/pki/private_key.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace sallyport {
namespace {

using std::chrono::milliseconds;

constexpr unsigned kTries = 1'000;
constexpr std::uint64_t kSession = 42;
constexpr std::string_view kBody =
    R"({"v":1,"posture":{"os":"debian","os_version":"12","kernel":"6.1.0-28-amd64","facts":{"firewall":true,"disk_encrypted":true}}})";

AttestNonce nonce_of(unsigned number) {
  AttestNonce nonce{};
  store_be32(nonce, number);
  return nonce;
}

ChannelValue channel_of(unsigned number) {
  ChannelValue channel{};
  store_be32(channel, number);
  return channel;
}

/// One device key, and sessions of it.
class AttestationTable : public testing::TestWithParam<KeyKind> {
 protected:
  struct Side {
    Side(const PrivateKey& key, const ChannelValue& of, std::uint64_t number)
        : channel{of},
          session{number},
          attestation{std::make_shared<const ChannelBinding>(ChannelBinding{key.public_key(), channel}), session} {}
    AttestChallenge ask(unsigned number, TimePoint now) {
      ByteBuffer out;
      attestation.challenge(nonce_of(number), {}, now, out);
      return {nonce_of(number), session, {}};
    }
    ChannelValue channel;
    std::uint64_t session;
    Attestation attestation;
  };

  [[nodiscard]] AttestAnswer sign(const AttestChallenge& challenge, const ChannelValue& channel,
                                  std::string_view body = kBody) const {
    return {challenge.nonce, std::string{body}, key_.sign(attestation_message(channel, challenge, body)).value()};
  }
  [[nodiscard]] std::optional<AttestRefusal> refusal_of(Side& side, const AttestAnswer& answer) const {
    const auto taken = side.attestation.take(answer, {now_, WallTime{std::chrono::hours{500'000}}});
    return taken ? std::nullopt : std::optional{taken.error()};
  }

  PrivateKey key_ = PrivateKey::generate(GetParam()).value();
  Side here_{key_, channel_of(1), kSession};
  TimePoint now_{std::chrono::hours{1}};
};

TEST_P(AttestationTable, RefusesAnAnswerThatWasTakenBeforeOnTheSameConnection) {
  unsigned refused = 0;
  for (unsigned i = 0; i < kTries; ++i) {
    const auto answer = sign(here_.ask(2 * i, now_), here_.channel);
    ASSERT_EQ(refusal_of(here_, answer), std::nullopt) << i;
    ASSERT_EQ(refusal_of(here_, answer), AttestRefusal::NotAsked) << "while nothing is asked, " << i;
    const auto next = here_.ask(2 * i + 1, now_);
    ASSERT_EQ(refusal_of(here_, answer), AttestRefusal::NotAsked) << "while something else is asked, " << i;
    const AttestAnswer relabelled{next.nonce, answer.body, answer.signature};
    refused += refusal_of(here_, relabelled) == AttestRefusal::BadSignature ? 1 : 0;
  }
  EXPECT_EQ(refused, kTries);
}

/// The worst case: both gateways ask with the same octets and call the session the same.
TEST_P(AttestationTable, RefusesAnAnswerThatIsGoodOnAnotherConnection) {
  Side there{key_, channel_of(2), kSession};
  unsigned refused = 0;
  for (unsigned i = 0; i < kTries; ++i) {
    const auto answer = sign(here_.ask(i, now_), here_.channel);
    (void)there.ask(i, now_);
    refused += refusal_of(there, answer) == AttestRefusal::BadSignature ? 1 : 0;
    ASSERT_EQ(refusal_of(here_, answer), std::nullopt) << i;
  }
  EXPECT_EQ(refused, kTries);
}

TEST_P(AttestationTable, RefusesAnAnswerOverTheExporterValueOfAnotherSession) {
  unsigned refused = 0;
  for (unsigned i = 0; i < kTries; ++i) {
    const auto answer = sign(here_.ask(i, now_), channel_of(2 + i));
    refused += refusal_of(here_, answer) == AttestRefusal::BadSignature ? 1 : 0;
  }
  EXPECT_EQ(refused, kTries);
}

TEST_P(AttestationTable, RefusesAnAnswerForAnotherSessionOfTheSameChannel) {
  unsigned refused = 0;
  for (unsigned i = 0; i < kTries; ++i) {
    auto challenge = here_.ask(i, now_);
    challenge.session = kSession ^ (std::uint64_t{1} + i);
    refused += refusal_of(here_, sign(challenge, here_.channel)) == AttestRefusal::BadSignature ? 1 : 0;
  }
  EXPECT_EQ(refused, kTries);
}

TEST_P(AttestationTable, RefusesAnAnswerByAnotherKey) {
  const auto thief = PrivateKey::generate(GetParam()).value();
  unsigned refused = 0;
  for (unsigned i = 0; i < kTries; ++i) {
    const auto challenge = here_.ask(i, now_);
    const auto message = attestation_message(here_.channel, challenge, kBody);
    const AttestAnswer forged{challenge.nonce, std::string{kBody}, thief.sign(message).value()};
    refused += refusal_of(here_, forged) == AttestRefusal::BadSignature ? 1 : 0;
  }
  EXPECT_EQ(refused, kTries);
}

/// Every bit of every octet in turn, until there were enough; then an octet less and one more at every place.
TEST_P(AttestationTable, RefusesABodyThatWasAlteredAnywhere) {
  static_assert(kBody.size() * 8 >= kTries);
  unsigned tried = 0;
  unsigned refused = 0;
  const auto expect_refused = [&](const std::function<void(std::string&)>& alter) {
    auto answer = sign(here_.ask(tried++, now_), here_.channel);
    alter(answer.body);
    refused += refusal_of(here_, answer) == AttestRefusal::BadSignature ? 1 : 0;
  };
  for (std::size_t bit = 0; bit < kBody.size() * 8; ++bit) {
    expect_refused([bit](std::string& body) {
      body[bit / 8] = static_cast<char>(static_cast<unsigned char>(body[bit / 8]) ^ (1U << bit % 8));
    });
  }
  for (std::size_t at = 0; at <= kBody.size(); at += 8) {
    expect_refused([at](std::string& body) { body.insert(at, 1, ' '); });
    if (at < kBody.size()) expect_refused([at](std::string& body) { body.erase(at, 1); });
  }
  EXPECT_GE(tried, kTries);
  EXPECT_EQ(refused, tried);
}

TEST_P(AttestationTable, RefusesAnAnswerThatComesLate) {
  unsigned refused = 0;
  for (unsigned i = 0; i < kTries; ++i) {
    const auto answer = sign(here_.ask(i, now_), here_.channel);
    now_ += Attestation::kAnswerTime + milliseconds{i * i};
    refused += refusal_of(here_, answer) == AttestRefusal::Late ? 1 : 0;
    ASSERT_EQ(refusal_of(here_, answer), AttestRefusal::NotAsked) << "and it is used up, " << i;
  }
  EXPECT_EQ(refused, kTries);
}

TEST_P(AttestationTable, TakesTheLastAnswerInTime) {
  const auto answer = sign(here_.ask(1, now_), here_.channel);
  now_ += Attestation::kAnswerTime - milliseconds{1};
  EXPECT_EQ(refusal_of(here_, answer), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Keys, AttestationTable, testing::Values(KeyKind::P256, KeyKind::Ed25519),
                         [](const auto& row) { return row.param == KeyKind::P256 ? "Ecdsa" : "Ed25519"; });

}  // namespace
}  // namespace sallyport
