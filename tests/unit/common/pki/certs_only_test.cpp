#include "common/pki/certs_only.hpp"

#include "common/base/file.hpp"
#include "common/pki/certificate_info.hpp"
#include "common/pki/der.hpp"
#include "tests/support/openssl.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

namespace sallyport {
namespace {

class CertsOnly : public testing::Test {
 protected:
  const TestPki pki_;
  const std::vector<ByteBuffer> certificates_{pki_.authority().certificate().der, pki_.device().info.der};
};

TEST_F(CertsOnly, GivesBackWhatItCarries) {
  const auto parsed = parse_certs_only(encode_certs_only(certificates_));
  ASSERT_TRUE(parsed) << parsed.error().words;
  EXPECT_EQ(parsed->size(), 2U);
  EXPECT_TRUE(std::is_permutation(parsed->begin(), parsed->end(), certificates_.begin()));
}

TEST_F(CertsOnly, IsReadByOpenssl) {
  const TemporaryDirectory directory;
  const auto message = encode_certs_only(certificates_);
  std::ofstream{directory.file("certs.p7")} << as_text(message);
  const auto ran = run_openssl({"pkcs7", "-inform", "DER", "-in", directory.file("certs.p7"), "-print_certs", "-out",
                                directory.file("out.pem")});
  if (!ran) GTEST_SKIP() << "no openssl here";
  ASSERT_EQ(ran->exit_code, 0) << ran->output;
  const auto text = read_file(directory.file("out.pem"));
  ASSERT_TRUE(text);
  const auto read = parse_certificates(*text);
  ASSERT_TRUE(read) << read.error().words;
  EXPECT_EQ(read->size(), 2U);
}

TEST_F(CertsOnly, ReadsWhatOpensslWrote) {
  const TemporaryDirectory directory;
  const auto device = pki_.device();
  std::ofstream{directory.file("device.pem")} << device.certificate_pem;
  const auto ran = run_openssl({"crl2pkcs7", "-nocrl", "-certfile", directory.file("device.pem"), "-outform", "DER",
                                "-out", directory.file("certs.p7")});
  if (!ran) GTEST_SKIP() << "no openssl here";
  ASSERT_EQ(ran->exit_code, 0) << ran->output;
  const auto text = read_file(directory.file("certs.p7"));
  ASSERT_TRUE(text);
  const auto parsed = parse_certs_only(as_bytes(*text));
  ASSERT_TRUE(parsed) << parsed.error().words;
  EXPECT_EQ(*parsed, std::vector<ByteBuffer>{device.info.der});
}

TEST_F(CertsOnly, RefusesEveryCutAndWhatFollows) {
  const auto message = encode_certs_only(certificates_);
  for (std::size_t size = 0; size < message.size(); ++size) EXPECT_FALSE(parse_certs_only(Bytes{message}.first(size)));
  auto longer = message;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(parse_certs_only(longer));
}

TEST_F(CertsOnly, RefusesNoneAndTooMany) {
  EXPECT_FALSE(parse_certs_only(encode_certs_only({})));
  const std::vector<ByteBuffer> sixteen(16, certificates_.back());
  EXPECT_TRUE(parse_certs_only(encode_certs_only(sixteen)));
  const std::vector<ByteBuffer> many(17, certificates_.back());
  EXPECT_FALSE(parse_certs_only(encode_certs_only(many)));
  const std::vector<ByteBuffer> large(16, der::sequence({ByteBuffer(8000)}));
  EXPECT_FALSE(parse_certs_only(encode_certs_only(large)));
}

}  // namespace
}  // namespace sallyport
