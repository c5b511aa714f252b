#include "common/tls/signature_memory.hpp"

#include "common/pki/wolfcrypt.hpp"
#include "common/tls/library.hpp"
#include "common/tls/wolfssl.hpp"
#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <thread>
#include <vector>

namespace sallyport {
namespace {

struct FreeContext {
  void operator()(WOLFSSL_CTX* context) const noexcept { wolfSSL_CTX_free(context); }
};
struct FreeSession {
  void operator()(WOLFSSL* session) const noexcept { wolfSSL_free(session); }
};

/// A signature of a digest, as a certificate carries one.
struct Signed {
  wolf::EccKey key;
  std::array<byte, 32> digest{1, 2, 3};
  std::array<byte, 160> signature{};
  word32 size = 160;

  explicit Signed(int key_size = 32) {
    wolf::Random random;
    EXPECT_EQ(wc_ecc_make_key(random.get(), key_size, key.get()), 0);
    EXPECT_EQ(wc_ecc_sign_hash(digest.data(), word32{32}, signature.data(), &size, random.get(), key.get()), 0);
  }
};

class SignatureMemoryTest : public testing::Test {
 protected:
  SignatureMemoryTest() {
    EXPECT_TRUE(prepare_tls_library());
    context_.reset(wolfSSL_CTX_new(wolfTLSv1_3_client_method()));
    session_.reset(wolfSSL_new(context_.get()));
  }
  /// As the library verifies the signature of a certificate: with a key of its own that has the session's device.
  bool is_good(Signed& signed_one, GoodSignatures& good) {
    const SignatureMemory memory{session_.get(), good};
    return is_good_by_library(signed_one);
  }
  bool is_good_by_library(Signed& signed_one) {
    std::array<byte, 140> point{};
    auto size = static_cast<word32>(point.size());
    EXPECT_EQ(wc_ecc_export_x963(signed_one.key.get(), point.data(), &size), 0);
    ecc_key key;
    EXPECT_EQ(wc_ecc_init_ex(&key, nullptr, device()), 0);
    EXPECT_EQ(wc_ecc_import_x963(point.data(), size, &key), 0);
    int result = 0;
    const int status = wc_ecc_verify_hash(signed_one.signature.data(), signed_one.size, signed_one.digest.data(),
                                          static_cast<word32>(signed_one.digest.size()), &result, &key);
    wc_ecc_free(&key);
    return status == 0 && result == 1;
  }

  int device() { return wolfSSL_CTX_GetDevId(nullptr, session_.get()); }

  std::unique_ptr<WOLFSSL_CTX, FreeContext> context_;
  std::unique_ptr<WOLFSSL, FreeSession> session_;
  GoodSignatures good_;
};

TEST_F(SignatureMemoryTest, RemembersWhatTheLibraryFoundGood) {
  Signed one;
  Signed other{48};
  for (int time = 0; time < 3; ++time) EXPECT_TRUE(is_good(one, good_)) << time;
  EXPECT_EQ(good_.size(), 1U);
  EXPECT_TRUE(is_good(other, good_));
  EXPECT_EQ(good_.size(), 2U);
}

TEST_F(SignatureMemoryTest, AnswersFromMemoryOnlyForExactlyTheseOctetsAndThisKey) {
  Signed one;
  ASSERT_TRUE(is_good(one, good_));
  for (std::size_t at = 0; at < one.digest.size(); ++at) {
    one.digest[at] ^= 1U;
    EXPECT_FALSE(is_good(one, good_)) << at;
    one.digest[at] ^= 1U;
  }
  for (std::size_t at = 0; at < one.size; ++at) {
    one.signature[at] ^= 1U;
    EXPECT_FALSE(is_good(one, good_)) << at;
    one.signature[at] ^= 1U;
  }
  Signed forger;
  forger.digest = one.digest;
  forger.signature = one.signature;
  forger.size = one.size;
  EXPECT_FALSE(is_good(forger, good_));
  EXPECT_EQ(good_.size(), 1U) << "what is not good is not remembered";
  EXPECT_TRUE(is_good(one, good_));
}

TEST_F(SignatureMemoryTest, IsAskedForOneSignatureAndByNobodyWhenItIsGone) {
  Signed one;
  Signed other;
  {
    const SignatureMemory memory{session_.get(), good_};
    EXPECT_NE(device(), INVALID_DEVID);
    EXPECT_TRUE(is_good_by_library(one));
    EXPECT_EQ(device(), INVALID_DEVID) << "records are made without it";
    EXPECT_TRUE(is_good_by_library(other));
  }
  EXPECT_EQ(device(), INVALID_DEVID);
  EXPECT_EQ(good_.size(), 1U);
  { const SignatureMemory unused{session_.get(), good_}; }
  EXPECT_EQ(device(), INVALID_DEVID);
}

TEST_F(SignatureMemoryTest, LeavesOtherKindsOfSignaturesToTheLibrary) {
  constexpr std::array<byte, 3> kText{1, 2, 3};
  wolf::Random random;
  wolf::Ed25519Key own;
  ASSERT_EQ(wc_ed25519_make_key(random.get(), ED25519_KEY_SIZE, own.get()), 0);
  std::array<byte, ED25519_SIG_SIZE> signature{};
  std::array<byte, ED25519_PUB_KEY_SIZE> point{};
  word32 size = ED25519_SIG_SIZE;
  word32 point_size = ED25519_PUB_KEY_SIZE;
  ASSERT_EQ(wc_ed25519_sign_msg(kText.data(), word32{kText.size()}, signature.data(), &size, own.get()), 0);
  ASSERT_EQ(wc_ed25519_export_public(own.get(), point.data(), &point_size), 0);
  const SignatureMemory memory{session_.get(), good_};
  ed25519_key key;
  ASSERT_EQ(wc_ed25519_init_ex(&key, nullptr, device()), 0);
  ASSERT_EQ(wc_ed25519_import_public(point.data(), point_size, &key), 0);
  int result = 0;
  EXPECT_EQ(wc_ed25519_verify_msg(signature.data(), size, kText.data(), word32{kText.size()}, &result, &key), 0);
  EXPECT_EQ(result, 1);
  wc_ed25519_free(&key);
  EXPECT_EQ(device(), INVALID_DEVID) << "records are made without it";
  EXPECT_EQ(good_.size(), 0U);
}

TEST_F(SignatureMemoryTest, HasAGatewayRememberTheCertificateAndNotTheHandshake) {
  const TestPki pki;
  const ServerContext server = pki.server();
  const ClientContext client = pki.client(pki.device("laptop-7", "ana@example.com"));
  const ClientContext other = pki.client(pki.device("laptop-8", "bo@example.com"));
  GoodSignatures& found = server.trust()->good_signatures();
  for (const std::size_t chunk : {std::size_t{1} << 20U, std::size_t{1}, std::size_t{700}}) {
    TlsPair pair{server, client, pki.now()};
    pair.shake(chunk);
    ASSERT_TRUE(pair.is_established()) << chunk;
    EXPECT_EQ(pair.say(*pair.client, *pair.server, "ping"), "ping");
    EXPECT_EQ(found.size(), 1U) << "the library and we come to the same; " << chunk;
  }
  TlsPair pair{server, other, pki.now()};
  pair.shake();
  EXPECT_TRUE(pair.is_established());
  EXPECT_EQ(found.size(), 2U);
  EXPECT_EQ(client.trust()->good_signatures().size(), 1U) << "of the gateway's certificate";
}

TEST_F(SignatureMemoryTest, KeepsTheSessionsOfSeveralThreadsApart) {
  const TestPki pki;
  const auto trust = pki.server().trust();
  const TestIdentity device = pki.device();
  std::vector<std::thread> threads;
  std::array<int, 3> established{};
  for (auto& count : established) {
    threads.emplace_back([&pki, &device, &count, server = pki.server().with_trust(trust)] {
      for (int i = 0; i < 20; ++i) {
        TlsPair pair{*server, pki.client(device), pki.now()};
        pair.shake();
        if (pair.is_established()) ++count;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const int count : established) EXPECT_EQ(count, 20);
  EXPECT_EQ(trust->good_signatures().size(), 1U);
}

TEST_F(SignatureMemoryTest, LeavesEachConnectionAGeneratorOfItsOwn) {
  const auto other = std::unique_ptr<WOLFSSL, FreeSession>{wolfSSL_new(context_.get())};
  EXPECT_NE(wolfSSL_GetRNG(session_.get()), nullptr);
  EXPECT_NE(wolfSSL_GetRNG(session_.get()), wolfSSL_GetRNG(other.get()));
}

}  // namespace
}  // namespace sallyport
