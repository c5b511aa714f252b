#include "common/pki/private_key.hpp"

#include "common/base/file.hpp"
#include "tests/support/openssl.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

namespace sallyport {
namespace {

constexpr KeyKind kKinds[] = {KeyKind::P256, KeyKind::P384, KeyKind::Ed25519};

TEST(PrivateKey, SignsWhatItsPublicHalfVerifies) {
  for (const KeyKind kind : kKinds) {
    const auto key = PrivateKey::generate(kind);
    ASSERT_TRUE(key) << describe(kind);
    EXPECT_EQ(key->kind(), kind);
    const auto signature = key->sign(as_bytes("message"));
    ASSERT_TRUE(signature) << signature.error().words;
    const auto algorithm = key->signature_algorithm();
    EXPECT_TRUE(key->public_key().verify(algorithm, as_bytes("message"), *signature));
    EXPECT_FALSE(key->public_key().verify(algorithm, as_bytes("massage"), *signature));
    EXPECT_FALSE(PrivateKey::generate(kind)->public_key().verify(algorithm, as_bytes("message"), *signature));
    EXPECT_FALSE(key->public_key().verify(SignatureAlgorithm::RsaSha256, as_bytes("message"), *signature));
    EXPECT_FALSE(key->public_key().verify(SignatureAlgorithm::Sha1, as_bytes("message"), *signature));
  }
}

TEST(PrivateKey, RoundTripsThroughPem) {
  for (const KeyKind kind : kKinds) {
    const auto key = PrivateKey::generate(kind);
    const auto back = PrivateKey::from_pem(key->to_pem());
    ASSERT_TRUE(back) << describe(kind) << ": " << back.error().words;
    EXPECT_EQ(back->public_key(), key->public_key());
    EXPECT_TRUE(key->public_key().verify(back->signature_algorithm(), as_bytes("m"), *back->sign(as_bytes("m"))));
  }
}

TEST(PrivateKey, IsReadByOpensslAsTheSameKey) {
  if (!run_openssl({"version"})) GTEST_SKIP() << "openssl is not installed";
  for (const KeyKind kind : kKinds) {
    const auto key = PrivateKey::generate(kind);
    const TemporaryDirectory directory;
    ASSERT_TRUE(key->store(directory.file("key.pem")));
    const auto run = run_openssl(
        {"pkey", "-in", directory.file("key.pem"), "-pubout", "-outform", "DER", "-out", directory.file("pub.der")});
    ASSERT_EQ(run->exit_code, 0) << run->output;
    EXPECT_EQ(as_text(key->public_key().der()), *read_file(directory.file("pub.der")));
  }
}

TEST(PrivateKey, ReadsWhatOpensslMakes) {
  if (!run_openssl({"version"})) GTEST_SKIP() << "openssl is not installed";
  const TemporaryDirectory directory;
  const std::string file = directory.file("key.pem");
  const std::vector<std::vector<std::string>> commands{
      {"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file},
      {"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", file},
      {"genpkey", "-algorithm", "ED25519", "-out", file},
      {"genrsa", "-traditional", "-out", file, "2048"},
      {"genrsa", "-out", file, "3072"},
      {"ecparam", "-genkey", "-noout", "-name", "prime256v1", "-out", file}};
  for (const auto& command : commands) {
    const auto run = run_openssl(command);
    ASSERT_EQ(run->exit_code, 0) << run->output;
    const auto key = PrivateKey::load(file);
    ASSERT_TRUE(key) << command[2] << ": " << key.error().words;
    const auto signature = key->sign(as_bytes("m"));
    ASSERT_TRUE(signature) << signature.error().words;
    EXPECT_TRUE(key->public_key().verify(key->signature_algorithm(), as_bytes("m"), *signature));
    EXPECT_EQ(PrivateKey::from_pem(key->to_pem())->public_key(), key->public_key());
  }
}

/// What openssl must be told to sign or judge as docs/protocol.md section 11 says.
std::vector<std::string> attestation_options(KeyKind kind) {
  switch (kind) {
    case KeyKind::P256:
      return {"-digest", "sha256"};
    case KeyKind::P384:
      return {"-digest", "sha384"};
    case KeyKind::Rsa:
      return {"-digest",  "sha256",
              "-pkeyopt", "rsa_padding_mode:pss",
              "-pkeyopt", "rsa_pss_saltlen:32",
              "-pkeyopt", "rsa_mgf1_md:sha256"};
    case KeyKind::Ed25519:
    case KeyKind::Other:
      break;
  }
  return {};
}

class Attestations : public testing::TestWithParam<std::vector<std::string>> {
 protected:
  void SetUp() override {
    if (!run_openssl({"version"})) GTEST_SKIP() << "openssl is not installed";
    auto command = GetParam();
    command.insert(command.end(), {"-out", directory_.file("key.pem")});
    ASSERT_EQ(run_openssl(command)->exit_code, 0);
    key_.emplace(std::move(*PrivateKey::load(directory_.file("key.pem"))));
    ASSERT_TRUE(write_file_atomically(directory_.file("message"), kMessage));
    ASSERT_EQ(run_openssl({"pkey", "-in", directory_.file("key.pem"), "-pubout", "-out", directory_.file("pub.pem")})
                  ->exit_code,
              0);
  }
  OpensslOutcome openssl(std::vector<std::string> words, std::vector<std::string> options) {
    words.insert(words.begin(), "pkeyutl");
    words.insert(words.end(), {"-rawin", "-in", directory_.file("message")});
    words.insert(words.end(), options.begin(), options.end());
    return *run_openssl(words);
  }
  [[nodiscard]] bool openssl_takes(const ByteBuffer& signature) {
    EXPECT_TRUE(write_file_atomically(directory_.file("signature"), as_text(signature)));
    return openssl(
               {"-verify", "-pubin", "-inkey", directory_.file("pub.pem"), "-sigfile", directory_.file("signature")},
               attestation_options(key_->kind()))
               .exit_code == 0;
  }
  ByteBuffer made_by_openssl(const std::vector<std::string>& options) {
    const auto run =
        openssl({"-sign", "-inkey", directory_.file("key.pem"), "-out", directory_.file("signature")}, options);
    EXPECT_EQ(run.exit_code, 0) << run.output;
    const auto octets = *read_file(directory_.file("signature"));
    return {as_bytes(octets).begin(), as_bytes(octets).end()};
  }
  [[nodiscard]] bool we_take(const ByteBuffer& signature) const {
    return key_->public_key().verify(attestation_algorithm_of(key_->kind()), as_bytes(kMessage), signature);
  }

  static constexpr const char* kMessage = "what an attestation is made over";
  const TemporaryDirectory directory_;
  std::optional<PrivateKey> key_;
};

TEST_P(Attestations, AreTakenByOpensslAndTakeOpenssls) {
  const auto signature = key_->sign(attestation_algorithm_of(key_->kind()), as_bytes(kMessage));
  ASSERT_TRUE(signature) << signature.error().words;
  EXPECT_TRUE(openssl_takes(*signature));
  auto altered = *signature;
  altered.back() ^= std::byte{1};
  EXPECT_FALSE(openssl_takes(altered));
  EXPECT_FALSE(we_take(altered));
  EXPECT_FALSE(we_take({}));
  EXPECT_TRUE(we_take(made_by_openssl(attestation_options(key_->kind()))));
}

TEST_P(Attestations, AreOfOneAlgorithmForEachKindOfKey) {
  for (const auto algorithm :
       {SignatureAlgorithm::EcdsaSha256, SignatureAlgorithm::EcdsaSha384, SignatureAlgorithm::EcdsaSha512,
        SignatureAlgorithm::RsaSha256, SignatureAlgorithm::RsaPssSha256, SignatureAlgorithm::Ed25519,
        SignatureAlgorithm::Sha1, SignatureAlgorithm::Other}) {
    const bool is_own = algorithm == attestation_algorithm_of(key_->kind()) || algorithm == key_->signature_algorithm();
    EXPECT_EQ(key_->sign(algorithm, as_bytes(kMessage)).has_value(), is_own) << describe(algorithm);
  }
  if (key_->kind() != KeyKind::Rsa) return;
  EXPECT_FALSE(we_take(made_by_openssl({"-digest", "sha256", "-pkeyopt", "rsa_padding_mode:pkcs1"})));
  for (const auto* salt : {"rsa_pss_saltlen:0", "rsa_pss_saltlen:20", "rsa_pss_saltlen:64"}) {
    EXPECT_FALSE(we_take(made_by_openssl(
        {"-digest", "sha256", "-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", salt, "-pkeyopt", "rsa_mgf1_md:sha256"})))
        << salt;
  }
  EXPECT_FALSE(we_take(made_by_openssl({"-digest", "sha384", "-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt",
                                        "rsa_pss_saltlen:32", "-pkeyopt", "rsa_mgf1_md:sha384"})));
  EXPECT_FALSE(we_take(made_by_openssl({"-digest", "sha256", "-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt",
                                        "rsa_pss_saltlen:32", "-pkeyopt", "rsa_mgf1_md:sha1"})));
}

INSTANTIATE_TEST_SUITE_P(
    Keys, Attestations,
    testing::Values(std::vector<std::string>{"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"},
                    std::vector<std::string>{"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"},
                    std::vector<std::string>{"genpkey", "-algorithm", "ED25519"},
                    std::vector<std::string>{"genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"},
                    std::vector<std::string>{"genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"}));

TEST(PrivateKey, RefusesWeakKeysAndOtherCurves) {
  if (!run_openssl({"version"})) GTEST_SKIP() << "openssl is not installed";
  const TemporaryDirectory directory;
  const std::string file = directory.file("key.pem");
  for (const std::vector<std::string>& command : {std::vector<std::string>{"genrsa", "-out", file, "1024"},
                                                  {"ecparam", "-genkey", "-noout", "-name", "secp521r1", "-out", file},
                                                  {"ecparam", "-genkey", "-noout", "-name", "secp256k1", "-out", file},
                                                  {"genpkey", "-algorithm", "ED448", "-out", file}}) {
    ASSERT_EQ(run_openssl(command)->exit_code, 0);
    EXPECT_FALSE(PrivateKey::load(file)) << command[0] << " " << command.back();
  }
}

TEST(PrivateKey, RefusesFilesThatOthersCouldRead) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("key.pem");
  const auto key = PrivateKey::generate(KeyKind::P256);
  ASSERT_TRUE(key->store(file));
  EXPECT_TRUE(PrivateKey::load(file));
  ASSERT_TRUE(write_file_atomically(file, key->to_pem(), 0640));
  const auto readable = PrivateKey::load(file);
  ASSERT_FALSE(readable);
  EXPECT_EQ(readable.error().problem, PkiProblem::File);
  ASSERT_TRUE(key->store(file));
  ASSERT_EQ(::symlink(file.c_str(), directory.file("link.pem").c_str()), 0);
  EXPECT_FALSE(PrivateKey::load(directory.file("link.pem")));
}

TEST(PrivateKey, RefusesGarbage) {
  for (const char* text : {"", "hello", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                           "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"}) {
    EXPECT_FALSE(PrivateKey::from_pem(text)) << text;
  }
  EXPECT_FALSE(PrivateKey::generate(KeyKind::Rsa));
}

}  // namespace
}  // namespace sallyport
