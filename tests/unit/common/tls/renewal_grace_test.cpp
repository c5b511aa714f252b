#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace sallyport {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

/// A gateway that renews expired certificates, and laptops whose certificate has ended.
class RenewalGrace : public testing::Test {
 protected:
  ServerContext gateway(seconds grace, std::optional<std::string> crl = {}) const {
    return *ServerContext::make(pki_.trust(std::move(crl)), pki_.gateway().credentials(), pki_.trust_domain(), grace);
  }
  TestIdentity ended(seconds ago, const std::function<void(LeafWishes&)>& change = {}) const {
    return pki_.mint([&](LeafWishes& wishes) {
      wishes.not_before -= days{120};
      wishes.not_after = wall_now() - ago;
      if (change) change(wishes);
    });
  }
  /// The gateway's refusal; nullopt when it let the laptop in.
  std::optional<CertificateRefusal> refusal(const ServerContext& server, const TestIdentity& laptop) const {
    TlsPair pair{server, pki_.client(laptop), wall_now()};
    pair.shake();
    if (pair.server->is_established()) return std::nullopt;
    EXPECT_TRUE(pair.server_error) << "neither in nor refused";
    return pair.server_error ? pair.server_error->refusal : std::nullopt;
  }
  std::optional<PeerStanding> standing(const ServerContext& server, const TestIdentity& laptop) const {
    TlsPair pair{server, pki_.client(laptop), wall_now()};
    pair.shake();
    if (!pair.server->is_established()) return std::nullopt;
    EXPECT_EQ(pair.server->peer().serial_hex, laptop.info.serial_hex);
    return pair.server->peer().standing;
  }

  const TestPki pki_;
};

TEST_F(RenewalGrace, IsNotThereUnlessItIsAskedFor) {
  EXPECT_EQ(refusal(pki_.server(), ended(hours{1})), CertificateRefusal::Expired);
  EXPECT_EQ(refusal(gateway(seconds{0}), ended(hours{1})), CertificateRefusal::Expired);
  EXPECT_EQ(refusal(gateway(seconds{-1}), ended(seconds{2})), CertificateRefusal::Expired);
}

TEST_F(RenewalGrace, LetsAnExpiredDeviceInForItsRenewalOnly) {
  EXPECT_EQ(standing(gateway(days{14}), ended(hours{1})), PeerStanding::RenewalOnly);
  EXPECT_EQ(standing(gateway(days{14}), ended(days{13})), PeerStanding::RenewalOnly);
}

TEST_F(RenewalGrace, ChangesNothingForAGoodDevice) {
  EXPECT_EQ(standing(gateway(days{14}), pki_.device()), PeerStanding::Good);
  EXPECT_EQ(standing(pki_.server(), pki_.device()), PeerStanding::Good);
}

TEST_F(RenewalGrace, EndsOnItsLastSecond) {
  const auto trust = pki_.trust();
  // Judged in the hours to come, in which authority and list are good.
  const auto laptop = pki_.mint([](LeafWishes& wishes) { wishes.not_after = wall_now() + hours{1}; });
  const auto verify = [&](WallTime now) {
    return verify_expired_device(laptop.info, *trust, pki_.trust_domain(), now, hours{3}).has_value();
  };
  EXPECT_FALSE(verify(laptop.info.not_after)) << "it is still good";
  EXPECT_TRUE(verify(laptop.info.not_after + seconds{1}));
  EXPECT_TRUE(verify(laptop.info.not_after + hours{3}));
  EXPECT_FALSE(verify(laptop.info.not_after + hours{3} + seconds{1}));
  EXPECT_EQ(refusal(gateway(days{14}), ended(days{14} + hours{1})), CertificateRefusal::Expired);
}

TEST_F(RenewalGrace, ForgivesNothingButTheDate) {
  struct Fault {
    const char* name;
    std::function<void(LeafWishes&)> change;
    CertificateRefusal refusal;
  };
  const Fault faults[] = {
      {"ServerAuthOnly", [](LeafWishes& w) { w.purposes = ExtendedKeyUsage{.server_auth = true}; },
       CertificateRefusal::WrongExtendedKeyUsage},
      {"NoExtendedKeyUsage", [](LeafWishes& w) { w.purposes.reset(); }, CertificateRefusal::NoExtendedKeyUsage},
      {"NoKeyUsage", [](LeafWishes& w) { w.usage.reset(); }, CertificateRefusal::NoKeyUsage},
      {"NoDigitalSignature", [](LeafWishes& w) { w.usage = KeyUsage{.others = true}; },
       CertificateRefusal::NoDigitalSignature},
      {"NoIdentity", [](LeafWishes& w) { w.uris.clear(); }, CertificateRefusal::NoIdentity},
      {"OtherTrustDomain", [](LeafWishes& w) { w.uris = {"spiffe://evil.example/device/laptop"}; },
       CertificateRefusal::WrongTrustDomain},
      {"NoUser", [](LeafWishes& w) { w.emails.clear(); }, CertificateRefusal::NoUser},
      {"AnAuthority",
       [](LeafWishes& w) {
         w.is_ca = true;
         w.usage = KeyUsage{.digital_signature = true, .key_cert_sign = true};
       },
       CertificateRefusal::IsCa},
  };
  for (const auto& fault : faults) {
    EXPECT_EQ(refusal(gateway(days{14}), ended(hours{1}, fault.change)), fault.refusal) << fault.name;
  }
  EXPECT_EQ(refusal(gateway(days{14}), pki_.mint([](LeafWishes& w) { w.not_before = wall_now() + hours{1}; })),
            CertificateRefusal::NotYetValid);
}

TEST_F(RenewalGrace, DoesNotReachARevokedDevice) {
  const auto laptop = ended(hours{1});
  EXPECT_EQ(refusal(gateway(days{14}, pki_.crl({laptop.info.serial_hex})), laptop), CertificateRefusal::Revoked);
}

TEST_F(RenewalGrace, DoesNotReachForeignAuthorities) {
  const TestPki other;
  const auto stranger = other.mint([](LeafWishes& w) { w.not_after = wall_now() - hours{1}; });
  const auto foreign = refusal(gateway(days{14}), stranger);
  EXPECT_TRUE(foreign == CertificateRefusal::BadSignature || foreign == CertificateRefusal::UnknownCa);
}

TEST_F(RenewalGrace, WantsAFreshRevocationListAllTheSame) {
  // Judged in two months: the list is over by then, and so is the certificate.
  const auto laptop = pki_.mint([](LeafWishes& w) { w.not_after = wall_now() + days{50}; });
  const auto late =
      verify_expired_device(laptop.info, *pki_.trust(), pki_.trust_domain(), wall_now() + days{60}, days{30});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error(), CertificateRefusal::CrlExpired);
}

TEST_F(RenewalGrace, IsKeptByTheContextOfAnotherThread) {
  const auto copy = gateway(days{14}).for_thread();
  ASSERT_TRUE(copy);
  EXPECT_EQ(standing(*copy, ended(hours{1})), PeerStanding::RenewalOnly);
}

TEST(PeerIdentity, StartsWithoutAnyRight) {
  EXPECT_EQ(PeerIdentity{}.standing, PeerStanding::RenewalOnly);
  EXPECT_TRUE(PeerIdentity{}.device.empty());
}

}  // namespace
}  // namespace sallyport
