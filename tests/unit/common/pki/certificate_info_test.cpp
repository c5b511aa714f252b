#include "common/pki/certificate_info.hpp"

#include "common/pki/certificate_builder.hpp"
#include "common/pki/distinguished_name.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

class Certificate : public testing::Test {
 protected:
  [[nodiscard]] CertificateDraft draft() const {
    const ByteBuffer name = encode_common_name("x");
    return {{std::byte{1}}, name, name, pki_.now(), pki_.now() + std::chrono::days{1}, key_.public_key(), {}};
  }
  [[nodiscard]] Result<CertificateInfo, PkiError> parse(const CertificateDraft& draft) const {
    return CertificateInfo::parse(*sign_certificate(draft, key_));
  }

  const TestPki pki_;
  const PrivateKey key_ = *PrivateKey::generate(KeyKind::P256);
};

TEST_F(Certificate, TellsAbsentExtensionsFromEmptyOnes) {
  const auto info = parse(draft());
  ASSERT_TRUE(info) << info.error().words;
  EXPECT_FALSE(info->key_usage.has_value());
  EXPECT_FALSE(info->extended_key_usage.has_value());
  EXPECT_FALSE(info->is_ca);
  EXPECT_EQ(info->serial_hex, "01");
  EXPECT_EQ(info->subject, "CN=x");
}

TEST_F(Certificate, IsMalformedWithAnExtensionTwice) {
  CertificateDraft twice = draft();
  twice.extensions = {key_usage({.digital_signature = true}), key_usage({.digital_signature = true})};
  EXPECT_FALSE(parse(twice));
}

TEST_F(Certificate, IsMalformedWithControlCharactersInItsNames) {
  using namespace std::string_literals;
  for (const std::string& uri : {"spiffe://example.com/device/laptop\0.evil"s, "a b"s, "a\n"s, ""s, "caf\xc3\xa9"s}) {
    CertificateDraft bad = draft();
    bad.extensions = {alternative_names({{uri}, {}, {}, {}})};
    const auto info = parse(bad);
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().problem, PkiProblem::Malformed);
  }
}

TEST_F(Certificate, ShowsStrangeSubjectsEscaped) {
  CertificateDraft strange = draft();
  strange.subject = encode_common_name("a\x1b[31m\n");
  EXPECT_EQ(parse(strange)->subject, "CN=a\\x1b[31m\\x0a");
}

TEST_F(Certificate, NeedsAPositiveSerialOfAtMostTwentyOctets) {
  CertificateDraft bad = draft();
  bad.serial = {std::byte{0}};
  EXPECT_FALSE(parse(bad));
  bad.serial = ByteBuffer(20, std::byte{0xff});
  EXPECT_TRUE(parse(bad));
  bad.serial = ByteBuffer(21, std::byte{0x7f});
  EXPECT_FALSE(parse(bad));
}

TEST_F(Certificate, NoticesUnknownCriticalExtensionsOnly) {
  CertificateDraft some = draft();
  some.extensions = {encode_extension("\x2a\x03\x04", false, as_bytes("\x05"))};
  EXPECT_FALSE(parse(some)->has_unknown_critical_extension);
  some.extensions = {encode_extension("\x2a\x03\x04", true, as_bytes("\x05"))};
  EXPECT_TRUE(parse(some)->has_unknown_critical_extension);
}

TEST_F(Certificate, IsRefusedTruncatedAndWithOctetsBehindIt) {
  const ByteBuffer der = pki_.device().info.der;
  for (std::size_t size = 0; size < der.size(); ++size) EXPECT_FALSE(CertificateInfo::parse(Bytes{der}.first(size)));
  ByteBuffer longer = der;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(CertificateInfo::parse(longer));
  EXPECT_FALSE(CertificateInfo::parse(ByteBuffer(kMaxCertificate + 1)));
}

TEST_F(Certificate, NeverKeepsAValidSignatureAfterAChange) {
  const ByteBuffer der = pki_.device().info.der;
  const PublicKey& issuer = pki_.authority().certificate().key;
  ASSERT_TRUE(CertificateInfo::parse(der)->is_signed_by(issuer));
  for (std::size_t at = 0; at < der.size(); ++at) {
    ByteBuffer tampered = der;
    tampered[at] ^= std::byte{0x01};
    const auto info = CertificateInfo::parse(tampered);
    EXPECT_FALSE(info && info->is_signed_by(issuer)) << at;
  }
}

TEST_F(Certificate, FilesHoldAtLeastOneAndAtMostSixteen) {
  const std::string one = pki_.authority().certificate_pem();
  EXPECT_EQ(parse_certificates(one + one)->size(), 2U);
  EXPECT_FALSE(parse_certificates("nothing"));
  std::string many;
  for (int i = 0; i < 17; ++i) many += one;
  EXPECT_FALSE(parse_certificates(many));
}

}  // namespace
}  // namespace sallyport
