#include "common/pki/certificate_builder.hpp"
#include "common/pki/distinguished_name.hpp"
#include "common/pki/pem.hpp"
#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>

namespace sallyport {
namespace {

using std::chrono::days;
using std::chrono::hours;

struct BadCertificate {
  const char* name;
  std::function<void(LeafWishes&)> change;
  CertificateRefusal refusal;
};

const BadCertificate kBadCertificates[] = {
    {"Expired",
     [](LeafWishes& w) {
       w.not_before -= days{60};
       w.not_after = wall_now() - hours{1};
     },
     CertificateRefusal::Expired},
    {"NotYetValid", [](LeafWishes& w) { w.not_before = wall_now() + hours{1}; }, CertificateRefusal::NotYetValid},
    {"ServerAuthOnly", [](LeafWishes& w) { w.purposes = ExtendedKeyUsage{.server_auth = true}; },
     CertificateRefusal::WrongExtendedKeyUsage},
    {"AnyPurposeOnly", [](LeafWishes& w) { w.purposes = ExtendedKeyUsage{.any = true}; },
     CertificateRefusal::WrongExtendedKeyUsage},
    {"NoExtendedKeyUsage", [](LeafWishes& w) { w.purposes.reset(); }, CertificateRefusal::NoExtendedKeyUsage},
    {"NoKeyUsage", [](LeafWishes& w) { w.usage.reset(); }, CertificateRefusal::NoKeyUsage},
    {"NoDigitalSignature", [](LeafWishes& w) { w.usage = KeyUsage{.others = true}; },
     CertificateRefusal::NoDigitalSignature},
    {"NoIdentity", [](LeafWishes& w) { w.uris.clear(); }, CertificateRefusal::NoIdentity},
    {"TwoIdentities", [](LeafWishes& w) { w.uris.emplace_back("spiffe://example.com/device/other"); },
     CertificateRefusal::SeveralIdentities},
    {"TheSameIdentityTwice", [](LeafWishes& w) { w.uris.push_back(w.uris.front()); },
     CertificateRefusal::SeveralIdentities},
    {"OtherTrustDomain", [](LeafWishes& w) { w.uris = {"spiffe://evil.example/device/laptop"}; },
     CertificateRefusal::WrongTrustDomain},
    {"OtherPath", [](LeafWishes& w) { w.uris = {"spiffe://example.com/user/laptop"}; },
     CertificateRefusal::WrongIdentity},
    {"DeeperPath", [](LeafWishes& w) { w.uris = {"spiffe://example.com/device/laptop/x"}; },
     CertificateRefusal::WrongIdentity},
    {"UpperCaseId", [](LeafWishes& w) { w.uris = {"spiffe://example.com/device/LAPTOP"}; },
     CertificateRefusal::WrongIdentity},
    {"OtherScheme", [](LeafWishes& w) { w.uris = {"https://example.com/device/laptop"}; },
     CertificateRefusal::WrongIdentity},
    {"NoUser", [](LeafWishes& w) { w.emails.clear(); }, CertificateRefusal::NoUser},
    {"TwoUsers", [](LeafWishes& w) { w.emails.emplace_back("bo@example.com"); }, CertificateRefusal::SeveralUsers},
    {"UserWithoutAt", [](LeafWishes& w) { w.emails = {"ana"}; }, CertificateRefusal::MalformedUser},
    {"AnAuthority",
     [](LeafWishes& w) {
       w.is_ca = true;
       w.usage->key_cert_sign = true;
     },
     CertificateRefusal::IsCa},
    {"UnknownCriticalExtension",
     [](LeafWishes& w) { w.more_extensions.push_back(encode_extension("\x2a\x03\x04", true, as_bytes("\x05"))); },
     CertificateRefusal::UnknownCriticalExtension},
};

std::string words(const std::optional<TlsError>& error) { return error ? error->words : "accepted"; }

/// The gateway refused with `refusal`, told the laptop by an alert, and never opened.
void expect_refused(const TlsPair& pair, CertificateRefusal refusal, const std::string& what) {
  ASSERT_TRUE(pair.server_error.has_value()) << what;
  ASSERT_TRUE(pair.server_error->refusal.has_value()) << what << ": " << words(pair.server_error);
  EXPECT_EQ(to_string(*pair.server_error->refusal), to_string(refusal)) << what;
  EXPECT_EQ(pair.server_error->fault, TlsFault::PeerCertificate) << what;
  EXPECT_FALSE(pair.server->is_established()) << what;
  ASSERT_TRUE(pair.client_error.has_value()) << what;
  EXPECT_EQ(pair.client_error->fault, TlsFault::PeerAlert) << what << ": " << words(pair.client_error);
}

class DeviceCertificate : public testing::Test {
 protected:
  /// Connects with `identity` to a gateway that trusts `trust`.
  void expect_refusal(const TestIdentity& identity, CertificateRefusal refusal,
                      std::shared_ptr<const TrustBundle> trust = nullptr, std::optional<WallTime> now = {}) {
    const ServerContext server = pki_.server(std::move(trust));
    const ClientContext client = pki_.client(identity);
    TlsPair pair{server, client, pki_.now()};
    if (now) pair.server = *Engine::accept(server, *now);
    pair.shake();
    expect_refused(pair, refusal, std::string{describe(refusal)});
  }

  const TestPki pki_;
};

TEST_F(DeviceCertificate, IsRefusedForEveryFlawByItsName) {
  const ServerContext server = pki_.server();
  for (const BadCertificate& bad : kBadCertificates) {
    TlsPair pair{server, pki_.client(pki_.mint(bad.change)), pki_.now()};
    pair.shake();
    expect_refused(pair, bad.refusal, bad.name);
  }
}

TEST_F(DeviceCertificate, MintedWithoutFlawsIsAccepted) {
  TlsPair pair{pki_.server(), pki_.client(pki_.mint([](LeafWishes&) {})), pki_.now()};
  pair.shake();
  EXPECT_TRUE(pair.is_established()) << words(pair.server_error);
}

TEST_F(DeviceCertificate, KeepsItsUserInLowerCase) {
  const TestIdentity identity = pki_.mint([](LeafWishes& w) { w.emails = {"Ana@Example.COM"}; });
  TlsPair pair{pki_.server(), pki_.client(identity), pki_.now()};
  pair.shake();
  ASSERT_TRUE(pair.is_established());
  EXPECT_EQ(pair.server->peer().user, UserId{"ana@example.com"});
}

TEST_F(DeviceCertificate, OfAnotherAuthorityIsRefused) {
  const TestPki other{pki_.now(), "example.com"};
  // The same subject name, another key: a forgery of ours.
  expect_refusal(other.device(), CertificateRefusal::BadSignature);
}

TEST_F(DeviceCertificate, OfAnAuthorityOfAnotherNameIsRefused) {
  const auto other = CertificateAuthority::create({"Somebody Else", "example.com"}, pki_.now());
  ASSERT_TRUE(other);
  PrivateKey key = *PrivateKey::generate(KeyKind::P256);
  auto issued =
      other->issue_device(key.public_key(), {DeviceId{"laptop"}, UserId{"ana@example.com"}, "example.com"}, pki_.now());
  ASSERT_TRUE(issued);
  expect_refusal({issued->pem, std::move(key), issued->info}, CertificateRefusal::UnknownCa);
}

TEST_F(DeviceCertificate, OnTheRevocationListIsRefused) {
  const TestIdentity laptop = pki_.device();
  expect_refusal(laptop, CertificateRefusal::Revoked, pki_.trust(pki_.crl({laptop.info.serial_hex}, 2)));
}

TEST_F(DeviceCertificate, IsAcceptedWhileOthersAreRevoked) {
  const TestIdentity laptop = pki_.device();
  const TestIdentity other = pki_.device("other");
  TlsPair pair{pki_.server(pki_.trust(pki_.crl({other.info.serial_hex}, 2))), pki_.client(laptop), pki_.now()};
  pair.shake();
  EXPECT_TRUE(pair.is_established()) << words(pair.server_error);
}

TEST_F(DeviceCertificate, IsRefusedOnceTheRevocationListHasExpired) {
  // Issued then, loaded now: E-8, the gateway starts and refuses.
  const TestPki past{pki_.now() - days{10}};
  const auto old = past.authority().issue_crl({}, 1, past.now(), past.now() + days{5});
  ASSERT_TRUE(old);
  const auto trust = TrustBundle::load({past.authority().certificate_pem(), *old, true, {}}, pki_.now());
  ASSERT_TRUE(trust) << trust.error().words;
  EXPECT_EQ((*trust)->problem_at(pki_.now())->problem, TrustProblem::CrlExpired);
  const auto server = ServerContext::make(*trust, past.gateway().credentials(), "example.com");
  ASSERT_TRUE(server) << server.error().words;
  TlsPair pair{*server, past.client(past.device()), pki_.now()};
  pair.shake();
  expect_refused(pair, CertificateRefusal::CrlExpired, "expired list");
}

TEST_F(DeviceCertificate, IsRefusedWhenTheListExpiresUnderARunningContext) {
  expect_refusal(pki_.mint([](LeafWishes& w) { w.not_after = wall_now() + days{400}; }), CertificateRefusal::CrlExpired,
                 nullptr, pki_.now() + days{31});
}

TEST_F(DeviceCertificate, IsJudgedAtTheInjectedTimeToo) {
  const TestIdentity brief = pki_.mint([](LeafWishes& w) { w.not_after = wall_now() + days{2}; });
  expect_refusal(brief, CertificateRefusal::Expired, nullptr, pki_.now() + days{3});
  const TestIdentity fresh = pki_.mint([](LeafWishes& w) { w.not_before = wall_now(); });
  expect_refusal(fresh, CertificateRefusal::NotYetValid, nullptr, pki_.now() - std::chrono::minutes{2});
}

TEST_F(DeviceCertificate, IsRefusedWhenItsAuthorityHasExpired) {
  const auto authority = CertificateAuthority::create({"Brief", "example.com", days{2}}, pki_.now());
  ASSERT_TRUE(authority);
  const auto list = authority->issue_crl({}, 1, pki_.now(), pki_.now() + days{300});
  const auto trust = TrustBundle::load({authority->certificate_pem(), *list, true, {}}, pki_.now());
  ASSERT_TRUE(trust) << trust.error().words;
  PrivateKey key = *PrivateKey::generate(KeyKind::P256);
  const auto issued = authority->issue_device(
      key.public_key(), {DeviceId{"laptop"}, UserId{"ana@example.com"}, "example.com"}, pki_.now());
  ASSERT_TRUE(issued);
  expect_refusal({issued->pem, std::move(key), issued->info}, CertificateRefusal::CaExpired, *trust,
                 pki_.now() + days{3});
}

TEST_F(DeviceCertificate, IsRefusedWithoutARequiredRevocationList) {
  const auto trust = TrustBundle::load({pki_.authority().certificate_pem(), std::nullopt, true, {}}, pki_.now());
  ASSERT_FALSE(trust);
  EXPECT_EQ(trust.error().problem, TrustProblem::MissingCrl);
}

/// An intermediate below the test authority, and a device below it.
struct SubAuthority {
  std::string certificate_pem;
  TestIdentity device;
};

SubAuthority make_sub_authority(const TestPki& pki) {
  const TestIdentity sub = pki.mint([](LeafWishes& w) {
    w.is_ca = true;
    w.usage = KeyUsage{.key_cert_sign = true, .crl_sign = true};
    w.purposes.reset();
    w.emails.clear();
    w.uris = {"spiffe://example.com"};
  });
  auto authority = CertificateAuthority::assemble(sub.info, sub.key.clone());
  EXPECT_TRUE(authority);
  PrivateKey key = *PrivateKey::generate(KeyKind::P256);
  auto issued = authority->issue_device(key.public_key(),
                                        {DeviceId{"laptop"}, UserId{"ana@example.com"}, "example.com"}, pki.now());
  EXPECT_TRUE(issued);
  return {sub.certificate_pem, {issued->pem, std::move(key), std::move(issued->info)}};
}

TEST_F(DeviceCertificate, BelowAnIntermediateIsRefusedEvenAfterAPeerShowedTheIntermediate) {
  const SubAuthority sub = make_sub_authority(pki_);
  TestIdentity with_chain{sub.device.certificate_pem + sub.certificate_pem, sub.device.key.clone(), sub.device.info};
  const ServerContext server = pki_.server();
  for (const TestIdentity* identity :
       {&std::as_const(sub.device), &std::as_const(with_chain), &std::as_const(sub.device)}) {
    TlsPair pair{server, pki_.client(*identity), pki_.now()};
    pair.shake();
    expect_refused(pair, CertificateRefusal::UnknownCa, "intermediate");
  }
}

TEST_F(DeviceCertificate, MayComeWithItsAuthoritysCertificate) {
  const TestIdentity laptop = pki_.device();
  TestIdentity with_root{laptop.certificate_pem + pki_.authority().certificate_pem(), laptop.key.clone(), laptop.info};
  TlsPair pair{pki_.server(), pki_.client(with_root), pki_.now()};
  pair.shake();
  EXPECT_TRUE(pair.is_established()) << words(pair.server_error);
}

TEST_F(DeviceCertificate, RefusedOnceTeachesTheContextNothing) {
  // The lenient-callback trap: an authority offered by a refused peer must stay unknown.
  const auto foreign = CertificateAuthority::create({"Foreign", "example.com"}, pki_.now());
  ASSERT_TRUE(foreign);
  PrivateKey key = *PrivateKey::generate(KeyKind::P256);
  const auto issued = foreign->issue_device(key.public_key(),
                                            {DeviceId{"laptop"}, UserId{"ana@example.com"}, "example.com"}, pki_.now());
  ASSERT_TRUE(issued);
  const TestIdentity with_root{issued->pem + foreign->certificate_pem(), key.clone(), issued->info};
  const TestIdentity alone{issued->pem, std::move(key), issued->info};
  const ServerContext server = pki_.server();
  for (const TestIdentity* identity : {&with_root, &alone, &with_root, &alone}) {
    TlsPair pair{server, pki_.client(*identity), pki_.now()};
    pair.shake();
    expect_refused(pair, CertificateRefusal::UnknownCa, "foreign authority");
  }
}

}  // namespace
}  // namespace sallyport
