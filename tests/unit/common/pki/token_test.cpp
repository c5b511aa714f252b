#include "common/pki/token.hpp"

#include "common/base/file.hpp"
#include "common/base/hex.hpp"
#include "common/pki/csr.hpp"
#include "common/pki/token_key.hpp"
#include "tests/support/openssl.hpp"
#include "tests/support/soft_token.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"
#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

struct Wanted {
  KeyKind kind;
  unsigned bits;
};
constexpr Wanted kWanted[] = {{KeyKind::P256, 0}, {KeyKind::P384, 0}, {KeyKind::Rsa, 2048}};

class TokenTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = SoftToken::impossible(); !why.empty()) GTEST_SKIP() << why;
    soft_.emplace(directory_.path());
  }
  /// A token by this URI, opened by its PIN.
  std::shared_ptr<Token> opened(const std::string& uri) {
    auto token = closed(uri);
    const auto unlocked = token->unlock(Secret{SoftToken::kPin});
    EXPECT_TRUE(unlocked) << unlocked.error().words;
    return token;
  }
  static std::shared_ptr<Token> closed(const std::string& uri) {
    auto parsed = TokenUri::parse(uri);
    if (!parsed) ADD_FAILURE() << parsed.error().words;
    return std::make_shared<Token>(std::move(*parsed));
  }
  static std::shared_ptr<const TokenKey> made(const std::shared_ptr<Token>& token, Wanted wanted = kWanted[0]) {
    auto key = token->make_pair(wanted.kind, wanted.bits, *Token::new_pair_id());
    if (!key) ADD_FAILURE() << key.error().words;
    return key ? std::make_shared<const TokenKey>(token, std::move(*key)) : nullptr;
  }
  static Result<ClientContext, TlsError> client_by(const TestPki& pki, const std::shared_ptr<const TokenKey>& key) {
    const auto issued = pki.authority().issue_device(
        key->public_key(), {DeviceId{"laptop"}, UserId{"ana@example.com"}, pki.trust_domain()}, pki.now());
    if (!issued) ADD_FAILURE() << issued.error().words;
    auto credentials = Credentials::make(issued->pem, key);
    if (!credentials) return fail(credentials.error());
    return ClientContext::make(pki.client_trust(), std::make_shared<const Credentials>(std::move(*credentials)));
  }
  std::string with_pin_file(const std::string& pin, mode_t mode = 0600) {
    const auto path = directory_.file("pin");
    EXPECT_TRUE(write_file_atomically(path, pin + "\n", mode));
    return soft_->uri("sallyport", "&pin-source=file:" + path);
  }
  template <class T>
  static void expect_problem(const Result<T, PkiError>& result, PkiProblem problem) {
    ASSERT_FALSE(result);
    EXPECT_EQ(token_reason(result.error().problem), token_reason(problem)) << result.error().words;
    EXPECT_FALSE(result.error().words.empty());
  }
  /// A key made by openssl and put onto the token.
  PublicKey imported(const std::vector<std::string>& command, const std::string& label, const std::string& id) {
    const auto file = directory_.file("imported.pem");
    auto words = command;
    words.insert(words.end(), {"-out", file});
    EXPECT_EQ(run_openssl(words)->exit_code, 0);
    EXPECT_TRUE(write_file_atomically(file, *read_file(file), 0600));
    EXPECT_TRUE(soft_->import(file, label, id));
    return PrivateKey::load(file)->public_key();
  }

  const TemporaryDirectory directory_;
  std::optional<SoftToken> soft_;
};

TEST_F(TokenTest, MakesKeysThatSignWhatTheirPublicHalfVerifies) {
  const auto token = opened(soft_->uri());
  for (const auto& wanted : kWanted) {
    const auto key = made(token, wanted);
    ASSERT_NE(key, nullptr);
    EXPECT_EQ(key->kind(), wanted.kind);
    for (const auto algorithm : {signature_algorithm_of(wanted.kind), attestation_algorithm_of(wanted.kind)}) {
      const auto signature = key->sign(algorithm, as_bytes("message"));
      ASSERT_TRUE(signature) << describe(wanted.kind) << ": " << signature.error().words;
      EXPECT_TRUE(key->public_key().verify(algorithm, as_bytes("message"), *signature)) << describe(algorithm);
      EXPECT_FALSE(key->public_key().verify(algorithm, as_bytes("massage"), *signature));
    }
    EXPECT_FALSE(key->sign(SignatureAlgorithm::Ed25519, as_bytes("m")));
    const auto csr = make_csr(*key, "laptop");
    ASSERT_TRUE(csr) << csr.error().words;
    const auto read = Csr::parse(as_bytes(*csr));
    ASSERT_TRUE(read) << read.error().words;
    EXPECT_EQ(read->key, key->public_key());
  }
}

TEST_F(TokenTest, UsesKeysThatWereMadeElsewhere) {
  if (!run_openssl({"version"})) GTEST_SKIP() << "openssl is not installed";
  const auto rsa = imported({"genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"}, "rsa", "01");
  const auto ec = imported({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}, "ec", "02");
  for (const auto& [label, public_key] : {std::pair{"rsa", rsa}, std::pair{"ec", ec}}) {
    const auto token = opened(soft_->uri(label));
    const auto keys = token->keys();
    ASSERT_TRUE(keys) << keys.error().words;
    ASSERT_EQ(keys->size(), 1U);
    EXPECT_TRUE(keys->front().public_key == public_key) << label;
    const auto signature =
        TokenKey{token, public_key}.sign(attestation_algorithm_of(public_key.kind()), as_bytes("message"));
    ASSERT_TRUE(signature) << label << ": " << signature.error().words;
  }
}

TEST_F(TokenTest, SignsAHandshakeOnceAndNothingElse) {
  const TestPki pki;
  const auto token = opened(soft_->uri());
  for (const auto& wanted : kWanted) {
    const auto key = made(token, wanted);
    ASSERT_NE(key, nullptr);
    const auto client = client_by(pki, key);
    ASSERT_TRUE(client) << client.error().words;
    soft_->clear();
    TlsPair pair{pki.server(), *client};
    pair.shake();
    ASSERT_TRUE(pair.is_established()) << describe(wanted.kind) << ": "
                                       << (pair.client_error ? pair.client_error->words : "")
                                       << (pair.server_error ? pair.server_error->words : "");
    EXPECT_EQ(pair.server->peer().device.text(), "laptop");
    const std::string bulk(16'384, 'x');
    for (int i = 0; i < 256; ++i) ASSERT_EQ(pair.say(*pair.client, *pair.server, bulk), bulk);
    ASSERT_TRUE(pair.client->update_keys());
    const auto mechanism = wanted.kind == KeyKind::Rsa ? "C_SignInit 0x3" : "C_SignInit 0x1041";
    EXPECT_EQ(soft_->calls(), (std::vector<std::string>{mechanism, "C_Sign"})) << "4 MiB later";
  }
}

TEST_F(TokenTest, SaysWhyAHandshakeHasNoSignature) {
  const TestPki pki;
  const auto token = opened(soft_->uri());
  const auto key = made(token);
  const auto client = client_by(pki, key);
  ASSERT_TRUE(client) << client.error().words;
  soft_->pull();
  TlsPair pair{pki.server(), *client};
  pair.shake();
  EXPECT_FALSE(pair.is_established());
  ASSERT_TRUE(pair.client_error);
  EXPECT_EQ(pair.client_error->fault, TlsFault::OwnKey);
  EXPECT_EQ(pair.client_error->key_problem, PkiProblem::TokenAbsent) << pair.client_error->words;
}

TEST_F(TokenTest, IsFoundAgainWhenItComesBack) {
  const auto key = made(opened(soft_->uri()));
  ASSERT_TRUE(key->sign(as_bytes("m")));
  for (int i = 0; i < 3; ++i) {
    soft_->pull();
    const auto gone = key->sign(as_bytes("m"));
    ASSERT_FALSE(gone) << "a token that is not there signed";
    EXPECT_TRUE(may_pass(gone.error().problem)) << gone.error().words;
    soft_->put_back();
    const auto back = key->sign(as_bytes("m"));
    EXPECT_TRUE(back) << back.error().words;
  }
}

TEST_F(TokenTest, WantsItsPinAndTriesAWrongOneOnce) {
  const auto token = closed(soft_->uri());
  expect_problem(token->keys(), PkiProblem::PinNeeded);
  EXPECT_EQ(soft_->count("C_Login"), 0U);
  expect_problem(token->unlock(Secret{"000000"}), PkiProblem::PinWrong);
  EXPECT_EQ(soft_->count("C_Login"), 1U);
  for (int i = 0; i < 5; ++i) expect_problem(token->keys(), PkiProblem::PinNeeded);
  EXPECT_EQ(soft_->count("C_Login"), 1U) << "a wrong PIN was tried again";
  EXPECT_TRUE(token->unlock(Secret{SoftToken::kPin}));
  EXPECT_TRUE(token->unlock(Secret{"000000"})) << "it is open: nothing is tried";
  EXPECT_EQ(soft_->count("C_Login"), 2U);
}

TEST_F(TokenTest, TakesThePinFromAFileThatNobodyElseReads) {
  EXPECT_TRUE(closed(with_pin_file(SoftToken::kPin))->keys());
  const auto open_to_all = closed(with_pin_file(SoftToken::kPin, 0644))->keys();
  expect_problem(open_to_all, PkiProblem::PinNeeded);
  EXPECT_NE(open_to_all.error().words.find("chmod 600"), std::string::npos) << open_to_all.error().words;
  expect_problem(closed(with_pin_file(""))->keys(), PkiProblem::PinNeeded);
}

TEST_F(TokenTest, DoesNotLockATokenByAWrongPinInAFileHoweverOftenItStarts) {
  const auto uri = with_pin_file("000000");
  for (int start = 0; start < 5; ++start) {
    const auto token = closed(uri);
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(token->keys());
  }
  EXPECT_EQ(soft_->count("C_Login"), 1U);
  EXPECT_TRUE(closed(uri)->unlock(Secret{SoftToken::kPin})) << "typed by a person";
}

TEST_F(TokenTest, NamesWhatIsMissingOrThereTwice) {
  const auto module = SoftToken::module();
  expect_problem(closed("pkcs11:token=laptop;object=k?module-path=/nowhere/module.so")->keys(),
                 PkiProblem::TokenModule);
  expect_problem(closed("pkcs11:token=laptop;object=k?module-path=/etc/passwd")->keys(), PkiProblem::TokenModule);
  expect_problem(closed("pkcs11:token=laptop;object=k?module-name=no-such-module")->keys(), PkiProblem::TokenModule);
  expect_problem(closed("pkcs11:token=another;object=k?module-path=" + module)->keys(), PkiProblem::TokenAbsent);
  ASSERT_TRUE(soft_->add("laptop"));
  expect_problem(closed(soft_->uri())->keys(), PkiProblem::TokenAmbiguous);
  EXPECT_EQ(soft_->count("C_Login"), 0U) << "no PIN for a token that may be another's";
}

TEST_F(TokenTest, FindsNoOtherKeyThanTheCertificates) {
  const auto token = opened(soft_->uri());
  const auto first = made(token);
  const auto second = made(token);
  ASSERT_EQ(token->keys()->size(), 2U) << "two objects answer to the URI";
  for (const auto& key : {first, second}) {
    const auto signature = key->sign(as_bytes("m"));
    ASSERT_TRUE(signature) << signature.error().words;
  }
  const TokenKey stranger{token, PrivateKey::generate(KeyKind::P256)->public_key()};
  expect_problem(stranger.sign(as_bytes("m")), PkiProblem::KeyAbsent);
  EXPECT_EQ(opened(soft_->uri("nothing"))->keys()->size(), 0U);
}

TEST_F(TokenTest, DestroysOnlyWhatSallyportMade) {
  const auto ours = made(opened(soft_->uri()));
  const auto foreign =
      imported({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}, "sallyport", "77");
  const auto token = opened(soft_->uri());
  ASSERT_EQ(token->keys()->size(), 2U);
  EXPECT_TRUE(token->destroy_pair(foreign)) << "left in peace";
  EXPECT_EQ(token->keys()->size(), 2U);
  EXPECT_TRUE(token->destroy_pair(ours->public_key()));
  EXPECT_EQ(token->keys()->size(), 1U);
  EXPECT_TRUE(token->destroy_pair(ours->public_key())) << "gone already";
  EXPECT_FALSE(ours->sign(as_bytes("m")));
}

}  // namespace
}  // namespace sallyport
