#include "common/pki/csr.hpp"

#include "common/base/file.hpp"
#include "common/pki/pem.hpp"
#include "common/pki/private_key.hpp"
#include "tests/support/openssl.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(Csr, ProvesPossessionOfItsKey) {
  for (const KeyKind kind : {KeyKind::P256, KeyKind::P384, KeyKind::Ed25519}) {
    const auto key = PrivateKey::generate(kind);
    const auto pem = make_csr(*key, "laptop-7");
    ASSERT_TRUE(pem);
    const auto csr = Csr::parse(as_bytes(*pem));
    ASSERT_TRUE(csr) << csr.error().words;
    EXPECT_EQ(csr->key, key->public_key());
    EXPECT_EQ(csr->hint, "laptop-7");
    const ByteBuffer der = from_pem("CERTIFICATE REQUEST", *pem)->front();
    EXPECT_TRUE(Csr::parse(der));
  }
}

TEST(Csr, IsRefusedWhenAnyOctetOfItChanged) {
  const auto pem = make_csr(*PrivateKey::generate(KeyKind::P256), "laptop");
  const ByteBuffer der = from_pem("CERTIFICATE REQUEST", *pem)->front();
  for (std::size_t at = 0; at < der.size(); ++at) {
    ByteBuffer tampered = der;
    tampered[at] ^= std::byte{0x01};
    EXPECT_FALSE(Csr::parse(tampered)) << at;
  }
  for (std::size_t size = 0; size < der.size(); ++size) EXPECT_FALSE(Csr::parse(Bytes{der}.first(size))) << size;
}

TEST(Csr, IsAcceptedByOpenssl) {
  if (!run_openssl({"version"})) GTEST_SKIP() << "openssl is not installed";
  for (const KeyKind kind : {KeyKind::P256, KeyKind::P384, KeyKind::Ed25519}) {
    const auto pem = make_csr(*PrivateKey::generate(kind), "laptop");
    const auto run = run_openssl({"req", "-verify", "-noout", "-subject"}, *pem);
    EXPECT_EQ(run->exit_code, 0) << run->output;
    EXPECT_NE(run->output.find("laptop"), std::string::npos) << run->output;
  }
}

TEST(Csr, OfOpensslIsAcceptedWithAStrongKeyAndHashOnly) {
  if (!run_openssl({"version"})) GTEST_SKIP() << "openssl is not installed";
  const TemporaryDirectory directory;
  const auto request = [&](const std::vector<std::string>& options) {
    std::vector<std::string> command{"req",
                                     "-new",
                                     "-nodes",
                                     "-subj",
                                     "/CN=laptop/O=Example",
                                     "-keyout",
                                     directory.file("k.pem"),
                                     "-out",
                                     directory.file("r.pem")};
    command.insert(command.end(), options.begin(), options.end());
    const auto run = run_openssl(command);
    EXPECT_EQ(run->exit_code, 0) << run->output;
    return *read_file(directory.file("r.pem"));
  };
  const std::vector<std::string> p256{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"};
  EXPECT_TRUE(Csr::parse(as_bytes(request(p256))));
  EXPECT_TRUE(Csr::parse(as_bytes(request({"-newkey", "rsa:2048", "-sha256"}))));
  EXPECT_TRUE(
      Csr::parse(as_bytes(request({"-newkey", "rsa:2048", "-addext", "subjectAltName=URI:spiffe://x/device/y"}))));
  const auto weak = Csr::parse(as_bytes(request({"-newkey", "rsa:1024"})));
  ASSERT_FALSE(weak);
  EXPECT_EQ(weak.error().problem, PkiProblem::WeakKey);
  const auto sha1 = Csr::parse(as_bytes(request({"-newkey", "rsa:2048", "-sha1"})));
  ASSERT_FALSE(sha1);
  EXPECT_EQ(sha1.error().problem, PkiProblem::BadSignature);
}

TEST(Csr, OfAPointOffTheCurveIsRefused) {
  const auto key = PrivateKey::generate(KeyKind::P256);
  ByteBuffer spki{key->public_key().der().begin(), key->public_key().der().end()};
  EXPECT_TRUE(PublicKey::parse(spki)->is_sound());
  spki.back() ^= std::byte{1};
  const auto off = PublicKey::parse(spki);
  ASSERT_TRUE(off);
  EXPECT_FALSE(off->is_sound());
}

TEST(Csr, NeedsAPrintableHint) {
  const auto key = PrivateKey::generate(KeyKind::P256);
  EXPECT_FALSE(make_csr(*key, ""));
  EXPECT_FALSE(make_csr(*key, "a\nb"));
  EXPECT_FALSE(make_csr(*key, std::string(65, 'a')));
}

}  // namespace
}  // namespace sallyport
