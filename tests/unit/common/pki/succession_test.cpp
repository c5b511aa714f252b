#include "tests/support/succession.hpp"

#include "common/pki/certificate_builder.hpp"
#include "common/pki/distinguished_name.hpp"
#include "common/pki/trust_bundle.hpp"
#include "common/tls/device_identity.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

class Successor : public testing::Test {
 protected:
  [[nodiscard]] std::string judge(Bytes certificate, Bytes vouched, WallTime at) const {
    const auto bundle = TrustBundle::load({old_.certificate_pem(), {}, false, {}}, now_);
    const auto taken = verify_successor(certificate, vouched, (*bundle)->authorities(), at);
    return taken ? taken->subject : std::string{name_of(taken.error())};
  }
  [[nodiscard]] std::string judge(Bytes certificate, Bytes vouched) const { return judge(certificate, vouched, now_); }
  /// A certificate of `key`, signed by `signer`, as `change` wants it.
  [[nodiscard]] ByteBuffer mint(const CertificateAuthority& subject, const PrivateKey& signer, const ByteBuffer& issuer,
                                const std::function<void(CertificateDraft&)>& change) const {
    const auto& info = subject.certificate();
    CertificateDraft draft{ByteBuffer(8, std::byte{1}),
                           issuer,
                           info.subject_der,
                           now_ - std::chrono::hours{1},
                           now_ + std::chrono::days{10},
                           info.key,
                           {basic_constraints(true), key_usage({.key_cert_sign = true, .crl_sign = true}),
                            alternative_names({info.uris, {}, {}, {}})}};
    change(draft);
    return *sign_certificate(draft, signer);
  }
  [[nodiscard]] ByteBuffer mint_vouched(const std::function<void(CertificateDraft&)>& change) const {
    return mint(next_, old_.key(), old_.certificate().subject_der, change);
  }

  const WallTime now_ = wall_now();
  const CertificateAuthority old_ = make_authority("old");
  const CertificateAuthority next_ = make_authority("next");
  const ByteBuffer certificate_ = next_.certificate().der;
  const ByteBuffer vouched_ = vouched_by(old_, next_);
};

TEST(Retirement, IsSignedForExactlyThatList) {
  const auto authority = make_authority("stays");
  const std::vector<std::string> retired{std::string(64, 'a'), std::string(64, 'b')};
  const auto word = sign_retirement(authority.key(), retired);
  ASSERT_TRUE(word);
  const auto& key = authority.certificate().key;
  EXPECT_TRUE(verify_retirement(key, retired, *word));
  EXPECT_FALSE(verify_retirement(make_authority("other").certificate().key, retired, *word));
  EXPECT_FALSE(verify_retirement(key, std::vector{retired[0]}, *word));
  EXPECT_FALSE(verify_retirement(key, std::vector{retired[1], retired[0]}, *word));
  EXPECT_FALSE(verify_retirement(key, retired, {}));
}

TEST_F(Successor, IsTakenWhenATrustedAuthoritySignedForIt) { EXPECT_EQ(judge(certificate_, vouched_), "CN=next"); }

TEST_F(Successor, IsRefusedWhenSomebodyElseSignedForIt) {
  const auto stranger = make_authority("old");
  EXPECT_EQ(judge(certificate_, vouched_by(stranger, next_)), "not_vouched");
  EXPECT_EQ(judge(certificate_, certificate_), "not_vouched") << "its own word is nobody's";
}

TEST_F(Successor, IsRefusedForTheKeyOfAnother) {
  const auto impostor = make_authority("next");
  EXPECT_EQ(judge(impostor.certificate().der, vouched_), "not_vouched");
}

TEST_F(Successor, IsRefusedUnderAnotherName) {
  const auto other = make_authority("other");
  EXPECT_EQ(judge(other.certificate().der, vouched_), "not_vouched");
}

TEST_F(Successor, OfAnotherTrustDomainIsRefused) {
  const auto foreign = make_authority("next", now_, "example.org");
  EXPECT_FALSE(vouch_for(old_, foreign.certificate(), now_)) << "our own tool does not even sign it";
  const auto vouched = mint(foreign, old_.key(), old_.certificate().subject_der, [](auto&) {});
  EXPECT_EQ(judge(foreign.certificate().der, vouched), "other_domain");
}

TEST_F(Successor, IsRefusedOutsideOfEveryDate) {
  EXPECT_EQ(judge(certificate_, vouched_, now_ + std::chrono::days{366}), "not_valid_now")
      << "what was signed has ended";
  EXPECT_EQ(judge(certificate_, vouched_, now_ - std::chrono::days{1}), "not_valid_now");
  const auto brief = make_authority("next", now_, "example.com", std::chrono::days{2});
  const auto long_vouched = mint(brief, old_.key(), old_.certificate().subject_der,
                                 [this](auto& draft) { draft.not_after = now_ + std::chrono::days{100}; });
  EXPECT_EQ(judge(brief.certificate().der, long_vouched, now_ + std::chrono::days{3}), "not_valid_now");
}

TEST_F(Successor, OfAnAuthorityThatHasRunOutIsRefused) {
  const auto old = make_authority("old", now_, "example.com", std::chrono::days{2});
  const auto bundle = TrustBundle::load({old.certificate_pem(), {}, false, {}}, now_);
  const auto vouched = mint(next_, old.key(), old.certificate().subject_der,
                            [this](auto& draft) { draft.not_after = now_ + std::chrono::days{100}; });
  const auto later = now_ + std::chrono::days{3};
  const auto taken = verify_successor(certificate_, vouched, (*bundle)->authorities(), later);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error(), SuccessionRefusal::NotValidNow);
}

TEST_F(Successor, ThatMayNotCertifyIsRefused) {
  EXPECT_EQ(judge(certificate_, mint_vouched([](auto& draft) { draft.extensions[0] = basic_constraints(false); })),
            "not_an_authority");
  EXPECT_EQ(judge(certificate_,
                  mint_vouched([](auto& draft) { draft.extensions[1] = key_usage({.digital_signature = true}); })),
            "not_an_authority");
  const auto leaf = mint(next_, next_.key(), next_.certificate().subject_der,
                         [](auto& draft) { draft.extensions[0] = basic_constraints(false); });
  EXPECT_EQ(judge(leaf, vouched_), "not_an_authority");
}

TEST_F(Successor, WhoseCertificateIsNotItsOwnIsRefused) {
  const auto stranger = make_authority("next");
  const auto signed_by_another = mint(next_, stranger.key(), next_.certificate().subject_der, [](auto&) {});
  EXPECT_EQ(judge(signed_by_another, vouched_), "not_an_authority");
}

TEST_F(Successor, ThatIsDamagedIsRefusedAtEveryOctet) {
  for (std::size_t i = 0; i < vouched_.size(); i += 7) {
    auto damaged = vouched_;
    damaged[i] ^= std::byte{0x01};
    EXPECT_NE(judge(certificate_, damaged), "CN=next") << "octet " << i;
  }
  for (std::size_t i = 0; i < certificate_.size(); i += 7) {
    auto damaged = certificate_;
    damaged[i] ^= std::byte{0x01};
    EXPECT_NE(judge(damaged, vouched_), "CN=next") << "octet " << i;
  }
  EXPECT_EQ(judge({}, vouched_), "malformed");
  EXPECT_EQ(judge(certificate_, {}), "malformed");
}

TEST_F(Successor, NeedsANameOfItsOwn) {
  const auto namesake = make_authority("old");
  EXPECT_FALSE(vouch_for(old_, namesake.certificate(), now_));
}

TEST_F(Successor, GivesNothingToWhoeverShowsWhatWasSignedForIt) {
  const auto bundle = TrustBundle::load({old_.certificate_pem(), {}, false, {}}, now_);
  const auto vouched = CertificateInfo::parse(vouched_);
  ASSERT_TRUE(vouched);
  EXPECT_EQ(verify_gateway(*vouched, **bundle, "vpn.example.com", now_).error(), CertificateRefusal::IsCa);
  const auto key = PrivateKey::generate(KeyKind::P256);
  const auto leaf = next_.issue_gateway(key->public_key(), {"vpn.example.com", {}}, now_);
  EXPECT_EQ(verify_gateway(leaf->info, **bundle, "vpn.example.com", now_).error(), CertificateRefusal::UnknownCa);
}

}  // namespace
}  // namespace sallyport
