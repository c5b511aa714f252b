#include "common/pki/certificate_builder.hpp"
#include "common/pki/distinguished_name.hpp"
#include "common/pki/pem.hpp"
#include "common/pki/revocation_list_builder.hpp"
#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace sallyport {
namespace {

using std::chrono::days;
using std::chrono::hours;

/// A gateway that trusts "corp" beside our own authority.
class ForeignDevice : public testing::Test {
 protected:
  AuthorityRules rules() const {
    return {.name = "corp",
            .identity = {UriPattern::parse("urn:corp:{device}").value(), UserSource::Email, DeviceSource::Uri},
            .users = {*UserPattern::parse("*@example.com")}};
  }
  std::shared_ptr<const TrustBundle> trust(AuthorityRules rules, std::optional<std::string> crl) const {
    TrustSources sources{own_.authority().certificate_pem(), own_.crl(), true, {}};
    ForeignAuthority corp{std::move(rules), corp_.authority().certificate_pem(), {}};
    if (crl) corp.lists.push_back({"corp.crl", *crl});
    sources.foreign.push_back(std::move(corp));
    auto bundle = TrustBundle::load(sources, wall_now());
    if (!bundle) ADD_FAILURE() << bundle.error().words;
    return bundle ? *bundle : nullptr;
  }
  ServerContext gateway(std::shared_ptr<const TrustBundle> trust, std::chrono::seconds grace = {}) const {
    return *ServerContext::make(std::move(trust), own_.gateway().credentials(), own_.trust_domain(), grace);
  }
  ServerContext gateway() const { return gateway(trust(rules(), corp_.crl())); }
  TestIdentity laptop(const std::function<void(LeafWishes&)>& change = {}) const {
    return corp_.mint([&](LeafWishes& wishes) {
      wishes.uris = {"urn:corp:ana-laptop"};
      if (change) change(wishes);
    });
  }
  std::string outcome(const ServerContext& server, const TestIdentity& laptop) const {
    TlsPair pair{server, own_.client(laptop), wall_now()};
    pair.shake();
    if (pair.server->is_established()) {
      const auto& peer = pair.server->peer();
      EXPECT_EQ(peer.standing, PeerStanding::Good);
      return peer.device.text() + " " + peer.user.text() + " " + (peer.authority.empty() ? "ours" : peer.authority);
    }
    const auto refusal = pair.server_error ? pair.server_error->refusal : std::nullopt;
    return std::string{refusal ? to_string(*refusal) : "no refusal"};
  }

  const TestPki own_;
  const TestPki corp_{own_.now(), "corp.example", "Corp Authority"};
};

TEST_F(ForeignDevice, IsNamedByTheMappingOfItsAuthority) {
  EXPECT_EQ(outcome(gateway(), laptop()), "ana-laptop ana@example.com corp");
  EXPECT_EQ(outcome(gateway(), own_.device()), "laptop ana@example.com ours") << "ours are named as before";
}

TEST_F(ForeignDevice, IsRefusedWithWordsOfItsOwn) {
  const auto server = gateway();
  EXPECT_EQ(outcome(server, laptop([](LeafWishes& w) { w.uris = {"spiffe://example.com/device/ana-laptop"}; })),
            "no_matching_uri")
      << "our own names are not theirs to give";
  EXPECT_EQ(outcome(server, laptop([](LeafWishes& w) {
                      w.uris = {"urn:corp:a", "urn:corp:b"};
                    })),
            "several_matching_uris");
  EXPECT_EQ(outcome(server, laptop([](LeafWishes& w) { w.uris = {"urn:corp:a_b"}; })), "malformed_device");
  EXPECT_EQ(outcome(server, laptop([](LeafWishes& w) { w.emails = {"boss@example.org"}; })), "user_not_allowed");
  EXPECT_EQ(outcome(server, laptop([](LeafWishes& w) { w.emails.clear(); })), "no_user");
  EXPECT_EQ(outcome(server, laptop([](LeafWishes& w) { w.purposes.reset(); })), "no_extended_key_usage");
  EXPECT_EQ(outcome(server, laptop([](LeafWishes& w) { w.not_after = wall_now() - hours{1}; })), "expired");
  const TestPki stranger{own_.now(), "corp.example", "Nobody"};
  EXPECT_EQ(outcome(server, stranger.device()), "unknown_ca");
}

TEST_F(ForeignDevice, NamesNobodyWhereTheAdministratorNamedNobody) {
  auto nobody = rules();
  nobody.users.clear();
  EXPECT_EQ(outcome(gateway(trust(nobody, corp_.crl())), laptop()), "user_not_allowed");
}

TEST_F(ForeignDevice, IsRevokedByItsAuthoritysListAlone) {
  const auto identity = laptop();
  EXPECT_EQ(outcome(gateway(trust(rules(), corp_.crl({identity.info.serial_hex}))), identity), "revoked");
  EXPECT_EQ(outcome(gateway(trust(rules(), corp_.crl({own_.device().info.serial_hex}))), identity),
            "ana-laptop ana@example.com corp");
}

TEST_F(ForeignDevice, NeedsNoListWhereNoneIsRequiredThoughOthersHaveOne) {
  auto lenient = rules();
  lenient.crl_required = false;
  const auto server = gateway(trust(lenient, std::nullopt));
  EXPECT_EQ(outcome(server, laptop()), "ana-laptop ana@example.com corp");
  EXPECT_EQ(outcome(server, laptop([](LeafWishes& w) { w.purposes = ExtendedKeyUsage{.server_auth = true}; })),
            "wrong_extended_key_usage")
      << "nothing else is forgiven with it";
  EXPECT_EQ(outcome(server, laptop([](LeafWishes& w) { w.not_after = wall_now() - hours{1}; })), "expired");
  const TestPki forger{own_.now(), "corp.example", "Corp Authority"};
  EXPECT_EQ(outcome(server, forger.mint([](LeafWishes& w) { w.uris = {"urn:corp:ana-laptop"}; })), "bad_signature");
  EXPECT_EQ(outcome(server, own_.device()), "laptop ana@example.com ours");
}

TEST_F(ForeignDevice, IsRefusedWhileItsListIsOverAndOthersAreNot) {
  const auto old = corp_.authority().issue_crl({}, 1, wall_now() - days{9}, wall_now() - days{1});
  const auto server = gateway(trust(rules(), *old));
  EXPECT_EQ(outcome(server, laptop()), "crl_expired");
  EXPECT_EQ(outcome(server, own_.device()), "laptop ana@example.com ours");
}

TEST_F(ForeignDevice, MayBeSignedByAnIntermediateThatIsTrustedAlone) {
  // The root behind it is nowhere: what is listed is trusted, whoever signed it.
  const auto key = *PrivateKey::generate(KeyKind::P256);
  const auto subject = encode_common_name("Corp Issuing");
  const auto id = *key.public_key().key_id();
  const CertificateDraft authority{
      ByteBuffer(8, std::byte{7}),
      corp_.authority().certificate().subject_der,
      subject,
      wall_now() - hours{1},
      wall_now() + days{90},
      key.public_key(),
      {basic_constraints(true), key_usage({.key_cert_sign = true, .crl_sign = true}), subject_key_id(id)}};
  const auto authority_der = *sign_certificate(authority, corp_.authority().key());
  const auto leaf_key = *PrivateKey::generate(KeyKind::P256);
  const CertificateDraft leaf{
      ByteBuffer(8, std::byte{9}),
      subject,
      encode_common_name("x"),
      wall_now() - hours{1},
      wall_now() + days{9},
      leaf_key.public_key(),
      {basic_constraints(false), key_usage({.digital_signature = true}), extended_key_usage({.client_auth = true}),
       authority_key_id(id), alternative_names({{"urn:corp:ana-laptop"}, {"ana@example.com"}, {}, {}})}};
  const auto leaf_der = *sign_certificate(leaf, key);
  const auto list = *sign_revocation_list({subject, id, 1, wall_now() - hours{1}, wall_now() + days{1}, {}}, key);
  TrustSources sources{own_.authority().certificate_pem(), own_.crl(), true, {}};
  sources.foreign = {{rules(), to_pem("CERTIFICATE", authority_der), {{"x", to_pem("X509 CRL", list)}}}};
  const auto bundle = TrustBundle::load(sources, wall_now());
  ASSERT_TRUE(bundle) << bundle.error().words;
  const TestIdentity identity{to_pem("CERTIFICATE", leaf_der), leaf_key.clone(), *CertificateInfo::parse(leaf_der)};
  EXPECT_EQ(outcome(gateway(*bundle), identity), "ana-laptop ana@example.com corp");
}

TEST_F(ForeignDevice, IsNotRenewedByUs) {
  const auto ended = laptop([](LeafWishes& w) {
    w.not_before = wall_now() - days{9};
    w.not_after = wall_now() - hours{1};
  });
  EXPECT_EQ(outcome(gateway(trust(rules(), corp_.crl()), days{14}), ended), "expired");
}

}  // namespace
}  // namespace sallyport
