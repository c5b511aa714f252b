#include "common/pki/certificate_authority.hpp"

#include "common/base/file.hpp"
#include "common/pki/revocation_list.hpp"
#include "tests/support/openssl.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sallyport {
namespace {

using std::chrono::days;

class Authority : public testing::Test {
 protected:
  Result<IssuedCertificate, PkiError> issue(const std::string& id, const std::string& user,
                                            const std::string& domain = "example.com", days lifetime = days{90}) const {
    return pki_.authority().issue_device(key_.public_key(), {DeviceId{id}, UserId{user}, domain, lifetime}, pki_.now());
  }

  const TestPki pki_;
  const PrivateKey key_ = *PrivateKey::generate(KeyKind::P256);
};

TEST_F(Authority, WritesTheIdentityItWasToldIntoTheCertificate) {
  const auto issued = issue("laptop-7", "ana@example.com");
  ASSERT_TRUE(issued) << issued.error().words;
  const CertificateInfo& info = issued->info;
  EXPECT_EQ(info.uris, std::vector<std::string>{"spiffe://example.com/device/laptop-7"});
  EXPECT_EQ(info.emails, std::vector<std::string>{"ana@example.com"});
  EXPECT_TRUE(info.dns_names.empty());
  EXPECT_TRUE(info.key_usage->digital_signature);
  EXPECT_FALSE(info.key_usage->key_cert_sign);
  EXPECT_TRUE(info.extended_key_usage->client_auth);
  EXPECT_FALSE(info.extended_key_usage->server_auth);
  EXPECT_FALSE(info.is_ca);
  EXPECT_EQ(info.key, key_.public_key());
  EXPECT_EQ(info.not_after, pki_.now() + days{90});
  EXPECT_EQ(info.authority_key_id, pki_.authority().certificate().subject_key_id);
  EXPECT_EQ(info.subject_key_id.size(), 20U);
  EXPECT_TRUE(info.is_signed_by(pki_.authority().certificate().key));
}

TEST_F(Authority, NeverRepeatsASerial) {
  std::set<std::string> serials;
  for (int i = 0; i < 50; ++i) serials.insert(issue("laptop", "ana@example.com")->info.serial_hex);
  EXPECT_EQ(serials.size(), 50U);
  EXPECT_GE(serials.begin()->size(), 28U);
}

TEST_F(Authority, RefusesNamesThatCouldBeMisread) {
  EXPECT_EQ(issue("Laptop", "ana@example.com").error().problem, PkiProblem::BadName);
  EXPECT_EQ(issue("", "ana@example.com").error().problem, PkiProblem::BadName);
  EXPECT_EQ(issue("a/b", "ana@example.com").error().problem, PkiProblem::BadName);
  EXPECT_EQ(issue("a", "ana").error().problem, PkiProblem::BadName);
  EXPECT_EQ(issue("a", "Ana@example.com").error().problem, PkiProblem::BadName);
  EXPECT_EQ(issue("a", "ana@example.com", "other.com").error().problem, PkiProblem::OutsideAuthority);
  EXPECT_EQ(issue("a", "ana@example.com", "example.com", days{0}).error().problem, PkiProblem::OutsideAuthority);
}

TEST_F(Authority, NeverIssuesBeyondItsOwnLife) {
  const auto brief = CertificateAuthority::create({"Brief", "example.com", days{10}}, pki_.now());
  const auto issued = brief->issue_device(
      key_.public_key(), {DeviceId{"a"}, UserId{"ana@example.com"}, "example.com", days{90}}, pki_.now());
  ASSERT_TRUE(issued);
  EXPECT_EQ(issued->info.not_after, brief->certificate().not_after);
  const auto late = brief->issue_device(key_.public_key(), {DeviceId{"a"}, UserId{"ana@example.com"}, "example.com"},
                                        pki_.now() + days{11});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().problem, PkiProblem::OutsideAuthority);
}

TEST_F(Authority, RefusesProfilesItCannotKeep) {
  EXPECT_FALSE(CertificateAuthority::create({"", "example.com"}, pki_.now()));
  EXPECT_FALSE(CertificateAuthority::create({"A", "Example.com"}, pki_.now()));
  EXPECT_FALSE(CertificateAuthority::create({"A", "example.com", days{0}}, pki_.now()));
  EXPECT_FALSE(CertificateAuthority::create({"A", "example.com", days{9}, KeyKind::Ed25519}, pki_.now()));
  EXPECT_FALSE(pki_.authority().issue_gateway(key_.public_key(), {"not a name", {}}, pki_.now()));
  EXPECT_TRUE(pki_.authority().issue_gateway(key_.public_key(), {"192.0.2.1", {}}, pki_.now()));
}

TEST_F(Authority, KeepsItsFilesAndReplacesNothing) {
  const TemporaryDirectory directory;
  const std::string place = directory.file("ca");
  const auto made = CertificateAuthority::init(place, {"Files", "example.com", days{30}, KeyKind::P384}, pki_.now());
  ASSERT_TRUE(made) << made.error().words;
  const auto loaded = CertificateAuthority::load(place);
  ASSERT_TRUE(loaded) << loaded.error().words;
  EXPECT_EQ(loaded->certificate().der, made->certificate().der);
  EXPECT_EQ(loaded->trust_domain(), "example.com");
  const auto again = CertificateAuthority::init(place, {"Again", "example.com"}, pki_.now());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().problem, PkiProblem::OutsideAuthority);
  EXPECT_FALSE(CertificateAuthority::load(directory.file("none")));
}

TEST_F(Authority, RefusesAKeyThatIsNotItsOwn) {
  EXPECT_FALSE(CertificateAuthority::assemble(pki_.authority().certificate(), *PrivateKey::generate(KeyKind::P256)));
  const TestIdentity device = pki_.device();
  EXPECT_FALSE(CertificateAuthority::assemble(device.info, device.key.clone()));
}

/// Everything the authority issues must stand before an independent judge.
class OpensslJudges : public Authority {
 protected:
  void SetUp() override {
    if (!run_openssl({"version"})) GTEST_SKIP() << "openssl is not installed";
  }

  std::string write(const std::string& name, const std::string& content) {
    EXPECT_TRUE(write_file_atomically(directory_.file(name), content));
    return directory_.file(name);
  }

  int verify(const CertificateAuthority& ca, const std::string& crl, const std::string& leaf,
             const std::string& purpose, std::string& output) {
    const auto run = run_openssl({"verify", "-x509_strict", "-purpose", purpose, "-crl_check", "-CAfile",
                                  write("ca.pem", ca.certificate_pem()), "-CRLfile", write("crl.pem", crl),
                                  write("leaf.pem", leaf)});
    output = run->output;
    return run->exit_code;
  }

  TemporaryDirectory directory_;
};

TEST_F(OpensslJudges, DeviceAndGatewayCertificatesOfEveryKeyKind) {
  for (const KeyKind ca_kind : {KeyKind::P256, KeyKind::P384}) {
    const auto ca = CertificateAuthority::create({"Judged", "example.com", days{365}, ca_kind}, pki_.now());
    ASSERT_TRUE(ca);
    const auto crl = ca->issue_crl({}, 1, pki_.now(), pki_.now() + days{30});
    for (const KeyKind kind : {KeyKind::P256, KeyKind::P384, KeyKind::Ed25519}) {
      const auto key = PrivateKey::generate(kind);
      const auto device = ca->issue_device(key->public_key(),
                                           {DeviceId{"laptop"}, UserId{"ana@example.com"}, "example.com"}, pki_.now());
      const auto gateway =
          ca->issue_gateway(key->public_key(), {"vpn.example.com", {*IpAddress::parse("192.0.2.1")}}, pki_.now());
      std::string output;
      EXPECT_EQ(verify(*ca, *crl, device->pem, "sslclient", output), 0) << output;
      EXPECT_EQ(verify(*ca, *crl, gateway->pem, "sslserver", output), 0) << output;
      EXPECT_NE(verify(*ca, *crl, device->pem, "sslserver", output), 0);
      EXPECT_NE(verify(*ca, *crl, gateway->pem, "sslclient", output), 0);
    }
  }
}

TEST_F(OpensslJudges, RevokedDevicesRevoked) {
  const auto device = issue("laptop", "ana@example.com");
  std::string output;
  const std::string crl = pki_.crl({"0badcafe", device->info.serial_hex}, 7);
  EXPECT_NE(verify(pki_.authority(), crl, device->pem, "sslclient", output), 0);
  EXPECT_NE(output.find("revoked"), std::string::npos) << output;
  const auto shown = run_openssl({"crl", "-noout", "-text"}, crl);
  EXPECT_NE(shown->output.find("X509v3 Authority Key Identifier"), std::string::npos);
  EXPECT_NE(shown->output.find("X509v3 CRL Number"), std::string::npos);
}

TEST_F(OpensslJudges, WhatTheCertificateSaysAsWeDo) {
  const auto device = issue("laptop", "ana@example.com");
  const auto shown = run_openssl({"x509", "-noout", "-text"}, device->pem);
  for (const char* words :
       {"URI:spiffe://example.com/device/laptop", "email:ana@example.com", "TLS Web Client Authentication",
        "Digital Signature", "CA:FALSE", "X509v3 Key Usage: critical", "X509v3 Authority Key Identifier"}) {
    EXPECT_NE(shown->output.find(words), std::string::npos) << words << "\n" << shown->output;
  }
}

}  // namespace
}  // namespace sallyport
