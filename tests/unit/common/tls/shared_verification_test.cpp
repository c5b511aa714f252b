// A certificate's signature is computed once for both who judge it: what somebody may try to gain by that.
#include "common/pki/algorithm.hpp"
#include "common/pki/certificate_builder.hpp"
#include "common/pki/pem.hpp"
#include "common/pki/wolfcrypt.hpp"
#include "common/tls/wolfssl.hpp"
#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace sallyport {
namespace {

using Octet = std::ptrdiff_t;

struct FreeContext {
  void operator()(WOLFSSL_CTX* context) const noexcept { wolfSSL_CTX_free(context); }
};
struct FreeSession {
  void operator()(WOLFSSL* session) const noexcept { wolfSSL_free(session); }
};

/// A laptop by the library alone, which signs with whatever key it is given.
struct BareLaptop {
  std::unique_ptr<WOLFSSL_CTX, FreeContext> context{wolfSSL_CTX_new(wolfTLSv1_3_client_method())};
  std::unique_ptr<WOLFSSL, FreeSession> session;
  ByteBuffer in;
  ByteBuffer out;

  BareLaptop(const std::string& certificate, const PrivateKey& key) {
    const Bytes der = key.der();
    EXPECT_EQ(wolfSSL_CTX_use_certificate_chain_buffer(context.get(), wolf::data(as_bytes(certificate)),
                                                       static_cast<long>(certificate.size())),
              WOLFSSL_SUCCESS);
    EXPECT_EQ(wolfSSL_CTX_use_PrivateKey_buffer(context.get(), wolf::data(der), static_cast<long>(der.size()),
                                                WOLFSSL_FILETYPE_ASN1),
              WOLFSSL_SUCCESS);
    wolfSSL_CTX_set_verify(context.get(), WOLFSSL_VERIFY_NONE, nullptr);
    wolfSSL_CTX_SetIORecv(context.get(), &receive);
    wolfSSL_CTX_SetIOSend(context.get(), &send);
    session.reset(wolfSSL_new(context.get()));
    wolfSSL_SetIOReadCtx(session.get(), this);
    wolfSSL_SetIOWriteCtx(session.get(), this);
  }
  void step() { (void)wolfSSL_negotiate(session.get()); }

  static int receive(WOLFSSL*, char* buffer, int size, void* laptop) {
    auto& in = static_cast<BareLaptop*>(laptop)->in;
    const auto count = std::min(in.size(), static_cast<std::size_t>(size));
    if (count == 0) return WOLFSSL_CBIO_ERR_WANT_READ;
    std::copy_n(in.begin(), count, reinterpret_cast<std::byte*>(buffer));
    in.erase(in.begin(), in.begin() + static_cast<Octet>(count));
    return static_cast<int>(count);
  }
  static int send(WOLFSSL*, char* buffer, int size, void* laptop) {
    append(static_cast<BareLaptop*>(laptop)->out,
           Bytes{reinterpret_cast<const std::byte*>(buffer), static_cast<std::size_t>(size)});
    return size;
  }
};

class SharedVerification : public testing::Test {
 protected:
  /// What the gateway says of who shows this; empty: it lets him in.
  std::string shown(const TestIdentity& identity, const ServerContext& server) {
    TlsPair pair{server, pki_.client(identity), pki_.now()};
    pair.shake();
    if (pair.is_established()) return {};
    const auto& error = pair.server_error;
    return std::string{error && error->refusal ? to_string(*error->refusal) : "another reason"};
  }
  std::string shown(const TestIdentity& identity) { return shown(identity, server_); }
  static std::string refused(CertificateRefusal refusal) { return std::string{to_string(refusal)}; }

  /// The same with other octets of the certificate, for the same key.
  static TestIdentity with(const TestIdentity& identity, const ByteBuffer& der) {
    return {to_pem("CERTIFICATE", der), identity.key.clone(), CertificateInfo::parse(der).value()};
  }
  static TestIdentity flipped(const TestIdentity& identity, Bytes part, std::size_t at) {
    ByteBuffer der = identity.info.der;
    const auto place = std::search(der.begin(), der.end(), part.begin(), part.end());
    *(place + static_cast<Octet>(at)) ^= std::byte{1};
    return with(identity, der);
  }
  /// Signed by another key, with our authority's name and nothing that says whose key it is.
  [[nodiscard]] TestIdentity forgery() const {
    return TestPki{pki_.now()}.mint([](LeafWishes&) {});
  }
  /// What is remembered once `key` has been found to have signed this certificate.
  static Sha256Digest name_of(const CertificateInfo& certificate, const PublicKey& key) {
    const auto object = parse_signed_object(certificate.der);
    const auto spki = key.der();
    const int curve = ECC_SECP256R1;
    return GoodSignatures::name_of({as_bytes("ecdsa"), std::as_bytes(std::span{&curve, 1}), spki.last(65),
                                    sha256(object->tbs).value(), object->signature})
        .value();
  }
  GoodSignatures& remembered() { return server_.trust()->good_signatures(); }

  const TestPki pki_;
  const ServerContext server_ = pki_.server();
  const TestIdentity laptop_ = pki_.device("laptop-7");
};

TEST_F(SharedVerification, RemembersOneFactOfAFirstHandshakeByWhatBothComeTo) {
  EXPECT_EQ(shown(laptop_), "");
  EXPECT_EQ(remembered().size(), 1U);
  EXPECT_TRUE(remembered().contains(name_of(laptop_.info, pki_.authority().certificate().key)));
}

TEST_F(SharedVerification, HasBothVerifiersAskForThat) {
  const TestIdentity forged = forgery();
  EXPECT_EQ(shown(forged), refused(CertificateRefusal::BadSignature));
  EXPECT_EQ(remembered().size(), 0U);
  // Only by a lie put in by hand both let it pass: whoever of them verified it by himself would not.
  remembered().add(name_of(forged.info, pki_.authority().certificate().key));
  EXPECT_EQ(shown(forged), "");
}

TEST_F(SharedVerification, TakesNoOtherIssuersSignatureForOurs) {
  // Signed by a key of somebody else, with our authority's name; remembered as his, as if he were trusted as well.
  const TestPki other{pki_.now()};
  const TestIdentity his = other.mint([](LeafWishes&) {});
  ASSERT_EQ(his.info.issuer_der, pki_.authority().certificate().subject_der);
  remembered().add(name_of(his.info, other.authority().certificate().key));
  EXPECT_EQ(shown(his), refused(CertificateRefusal::BadSignature));
}

TEST_F(SharedVerification, TakesNoAuthoritysSignatureForThatOfAnotherThatIsTrusted) {
  const TestPki corp{pki_.now(), "example.com", "Corp"};
  const ForeignAuthority foreign{{.name = "corp", .crl_required = false, .identity = {}, .users = {}},
                                 corp.authority().certificate_pem()};
  const auto trust = TrustBundle::load({.ca_pem = pki_.authority().certificate_pem(),
                                        .crl_pem = {},
                                        .crl_required = false,
                                        .high_water_mark = {},
                                        .foreign = {foreign}},
                                       pki_.now())
                         .value();
  const ServerContext server = pki_.server(trust);
  // The body of a certificate of ours, signed by the other authority.
  const auto ours = parse_signed_object(laptop_.info.der);
  const auto der = sign_object(ours->tbs, corp.authority().key()).value();
  const TestIdentity mixed = with(laptop_, der);
  trust->good_signatures().add(name_of(mixed.info, corp.authority().certificate().key));
  EXPECT_EQ(shown(mixed, server), refused(CertificateRefusal::BadSignature));
  EXPECT_EQ(shown(laptop_, server), "");
}

TEST_F(SharedVerification, TakesNoChangedBodyForTheOneThatWasSigned) {
  ASSERT_EQ(shown(laptop_), "");
  const Bytes uri = as_bytes("device/laptop-7");
  for (const std::size_t at : {std::size_t{8}, uri.size() - 1}) {
    EXPECT_EQ(shown(flipped(laptop_, uri, at)), refused(CertificateRefusal::BadSignature)) << at;
  }
  EXPECT_EQ(shown(flipped(laptop_, as_bytes("ana@example.com"), 1)), refused(CertificateRefusal::BadSignature));
  EXPECT_EQ(remembered().size(), 1U);
}

TEST_F(SharedVerification, TakesNoChangedSignatureForTheOneThatWasGood) {
  ASSERT_EQ(shown(laptop_), "");
  const auto object = parse_signed_object(laptop_.info.der);
  for (std::size_t at = 8; at < object->signature.size(); at += 7) {
    EXPECT_EQ(shown(flipped(laptop_, object->signature, at)), refused(CertificateRefusal::BadSignature)) << at;
  }
  EXPECT_EQ(remembered().size(), 1U);
  EXPECT_EQ(shown(laptop_), "") << "a bad one before does it no harm";
}

TEST_F(SharedVerification, StillWantsTheKeyOfARememberedCertificate) {
  ASSERT_EQ(shown(laptop_), "");
  for (const bool has_key : {true, false}) {
    BareLaptop thief{laptop_.certificate_pem,
                     has_key ? laptop_.key.clone() : PrivateKey::generate(KeyKind::P256).value()};
    auto server = Engine::accept(server_, pki_.now()).value();
    thief.step();
    for (int flight = 0; flight < 3 && !thief.out.empty(); ++flight) {
      const ByteBuffer said = std::exchange(thief.out, {});
      server->feed(said);
      if (!server->handshake()) break;
      thief.in = std::exchange(server->outbox(), {});
      thief.step();
    }
    EXPECT_EQ(server->is_established(), has_key);
    EXPECT_EQ(remembered().size(), 1U) << "what is signed in a handshake is not remembered";
  }
}

TEST_F(SharedVerification, IsOverWithAReloadOfTrust) {
  ASSERT_EQ(shown(laptop_), "");
  const auto reloaded = pki_.trust();
  EXPECT_EQ(reloaded->good_signatures().size(), 0U);
  const auto server = server_.with_trust(reloaded);
  EXPECT_EQ(shown(flipped(laptop_, as_bytes("device/laptop-7"), 8), *server),
            refused(CertificateRefusal::BadSignature));
  EXPECT_EQ(reloaded->good_signatures().size(), 0U);
  EXPECT_EQ(shown(laptop_, *server), "");
  EXPECT_EQ(reloaded->good_signatures().size(), 1U);
}

TEST_F(SharedVerification, SaysNothingOfWhomToTrustAndWhen) {
  ASSERT_EQ(shown(laptop_), "");
  const auto name = name_of(laptop_.info, pki_.authority().certificate().key);
  const auto revoked = pki_.trust(pki_.crl({laptop_.info.serial_hex}, 2));
  revoked->good_signatures().add(name);
  EXPECT_EQ(shown(laptop_, pki_.server(revoked)), refused(CertificateRefusal::Revoked));
  const TestPki another{pki_.now(), "example.com", "Another"};
  const auto other = another.trust();
  other->good_signatures().add(name);
  EXPECT_EQ(shown(laptop_, *server_.with_trust(other)), refused(CertificateRefusal::UnknownCa));
  const TestIdentity ended = pki_.mint([](LeafWishes& w) {
    w.not_before -= std::chrono::days{60};
    w.not_after = wall_now() - std::chrono::hours{1};
  });
  remembered().add(name_of(ended.info, pki_.authority().certificate().key));
  EXPECT_EQ(shown(ended), refused(CertificateRefusal::Expired));
}

TEST_F(SharedVerification, GivesGarbageNoPlaceAndDrivesNobodyOut) {
  ASSERT_EQ(shown(laptop_), "");
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(shown(forgery()), refused(CertificateRefusal::BadSignature));
    EXPECT_EQ(shown(TestPki{pki_.now(), "example.com", "Nobody"}.device()), refused(CertificateRefusal::UnknownCa));
  }
  EXPECT_EQ(remembered().size(), 1U);
  EXPECT_TRUE(remembered().contains(name_of(laptop_.info, pki_.authority().certificate().key)));
}

TEST_F(SharedVerification, IsNoMatterOfKeysThatAreNoEllipticCurves) {
  // Devices may have other keys; what counts is the authority's.
  const TestIdentity device = pki_.device("laptop-9", "ana@example.com", KeyKind::Ed25519);
  EXPECT_EQ(shown(device), "");
  EXPECT_EQ(remembered().size(), 1U);
}

}  // namespace
}  // namespace sallyport
