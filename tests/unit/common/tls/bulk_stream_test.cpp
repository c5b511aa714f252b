#include "common/tls/crypto_device.hpp"
#include "common/tls/record_sealing.hpp"
#include "common/tls/wolfssl.hpp"
#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>
#include <malloc.h>
#include <wolfssl/wolfcrypt/cryptocb.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>

namespace sallyport {
namespace {

constexpr std::array<const char*, 3> kSuites{"TLS13-AES128-GCM-SHA256", "TLS13-AES256-GCM-SHA384",
                                             "TLS13-CHACHA20-POLY1305-SHA256"};
constexpr std::array<std::size_t, 8> kSizes{1,           64,   kBulkRecord - 2, kBulkRecord - 1,
                                            kBulkRecord, 1400, 16'384,          100'000};

std::string text_of(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t at = 0; at < size; ++at) text[at] = static_cast<char>('a' + at % 23);
  return text;
}

/// Whole conversations: whether records go by something faster depends on the machine, that they are right does not.
class BulkStream : public testing::Test {
 protected:
  enum class By { AnyMeans, WolfSslAlone };

  std::unique_ptr<TlsPair> talk(By client, By server, const char* suite = kSuites[0]) {
    EXPECT_EQ(wolfSSL_CTX_set_cipher_list(client_.library_context(), suite), WOLFSSL_SUCCESS);
    auto pair = std::make_unique<TlsPair>(server_, client_);
    if (client == By::WolfSslAlone) pair->client->use_wolfssl_alone();
    if (server == By::WolfSslAlone) pair->server->use_wolfssl_alone();
    pair->shake();
    EXPECT_TRUE(pair->is_established()) << suite;
    return pair;
  }
  static void expect_both_hear(TlsPair& pair, std::size_t size) {
    const std::string text = text_of(size);
    EXPECT_TRUE(pair.say(*pair.client, *pair.server, text) == text) << size;
    EXPECT_TRUE(pair.say(*pair.server, *pair.client, text) == text) << size;
  }
  /// What a pair of engines holds of the heap after a burst, its outboxes left out.
  std::size_t held_by_pair(By means) {
    const std::size_t before = ::mallinfo2().uordblks;
    const auto pair = talk(means, means);
    expect_both_hear(*pair, 100'000);
    pair->client->outbox() = ByteBuffer{};
    pair->server->outbox() = ByteBuffer{};
    return ::mallinfo2().uordblks - before;
  }

  const TestPki pki_;
  const ServerContext server_ = pki_.server();
  const ClientContext client_ = pki_.client(pki_.device());
};

TEST_F(BulkStream, IsUnderstoodByWolfSslAloneInEverySuiteAndTheOtherWayRound) {
  for (const char* suite : kSuites) {
    for (const auto& [client, server] : {std::pair{By::AnyMeans, By::WolfSslAlone},
                                         {By::WolfSslAlone, By::AnyMeans},
                                         {By::AnyMeans, By::AnyMeans},
                                         {By::WolfSslAlone, By::WolfSslAlone}}) {
      const auto pair = talk(client, server, suite);
      for (const std::size_t size : kSizes) expect_both_hear(*pair, size);
    }
  }
}

TEST_F(BulkStream, GoesOnUnderNewKeys) {
  for (const char* suite : {kSuites[0], kSuites[1]}) {
    const auto pair = talk(By::AnyMeans, By::WolfSslAlone, suite);
    for (int time = 0; time < 10; ++time) {
      expect_both_hear(*pair, 40'000);
      ASSERT_TRUE((time % 2 == 0 ? *pair->client : *pair->server).update_keys());
      expect_both_hear(*pair, 20);
    }
    expect_both_hear(*pair, 40'000);
  }
}

TEST_F(BulkStream, KeepsTheKeysOfTwoSessionsOfAThreadApart) {
  const auto one = talk(By::AnyMeans, By::WolfSslAlone);
  const auto other = talk(By::AnyMeans, By::AnyMeans, kSuites[1]);
  for (int turn = 0; turn < 20; ++turn) {
    expect_both_hear(*one, 16'384);
    expect_both_hear(*other, 16'384);
  }
}

TEST_F(BulkStream, MovesBetweenThreads) {
  auto pair = talk(By::AnyMeans, By::WolfSslAlone);
  for (int turn = 0; turn < 4; ++turn) {
    std::thread{[&pair] {
      expect_both_hear(*pair, 40'000);
      EXPECT_TRUE(pair->client->update_keys());
    }}.join();
    expect_both_hear(*pair, 40'000);
  }
  std::thread{[ended = std::move(pair)]() mutable { ended.reset(); }}.join();
}

TEST_F(BulkStream, EndsAtARecordThatWasTamperedWith) {
  for (const By means : {By::AnyMeans, By::WolfSslAlone}) {
    for (const std::size_t at :
         {std::size_t{0}, std::size_t{4}, std::size_t{5}, std::size_t{8'000}, std::size_t{16'405}}) {
      const auto pair = talk(means, means);
      ASSERT_TRUE(pair->client->write(as_bytes(text_of(16'384))));
      ASSERT_EQ(pair->client->outbox().size(), 16'384U + 22U);
      pair->client->outbox()[at] ^= std::byte{1};
      EXPECT_EQ(pair->carry(*pair->client, *pair->server), "") << at;
      if (at == 4) continue;  // one octet more is waited for
      ASSERT_TRUE(pair->server_error) << at;
      EXPECT_EQ(pair->server_error->fault, TlsFault::Protocol) << at;
      EXPECT_FALSE(pair->server->write(as_bytes("more"))) << at;
    }
  }
}

TEST_F(BulkStream, HoldsNoMemoryOfItsOwn) {
  for (const By means : {By::AnyMeans, By::WolfSslAlone}) (void)held_by_pair(means);
  const auto least_of_three = [&](By means) {
    return std::min({held_by_pair(means), held_by_pair(means), held_by_pair(means)});
  };
  const std::size_t alone = least_of_three(By::WolfSslAlone);
  EXPECT_LT(least_of_three(By::AnyMeans), alone + 512) << "an expanded key has 1,008 octets";
}

/// Stands in the device's place, counts and takes nothing.
class CountedDevice {
 public:
  CountedDevice() { EXPECT_EQ(wc_CryptoCb_RegisterDevice(CryptoDevice::kId, &CountedDevice::count, this), 0); }
  CountedDevice(const CountedDevice&) = delete;
  CountedDevice& operator=(const CountedDevice&) = delete;
  ~CountedDevice() { EXPECT_TRUE(CryptoDevice::prepare()); }

  int sealed = 0;
  int opened = 0;

 private:
  static int count(int /*device*/, wc_CryptoInfo* request, void* self) {
    if (request->algo_type == WC_ALGO_TYPE_CIPHER && request->cipher.type == WC_CIPHER_AES_GCM) {
      auto& counted = *static_cast<CountedDevice*>(self);
      ++(request->cipher.enc != 0 ? counted.sealed : counted.opened);
    }
    return CRYPTOCB_UNAVAILABLE;
  }
};

TEST_F(BulkStream, AsksTheDeviceForTheRecordsOfBothDirectionsUnlessToldNotTo) {
  if (CryptoDevice::bulk_cipher().empty()) GTEST_SKIP() << "wolfSSL seals everything here";
  for (const auto& [means, records] : {std::pair{By::AnyMeans, 1}, {By::WolfSslAlone, 0}}) {
    const auto pair = talk(means, means);
    for (int update = 0; update < 2; ++update) {
      {
        const CountedDevice device;
        expect_both_hear(*pair, 16'384);
        EXPECT_EQ(device.sealed, 2 * records) << update;
        EXPECT_EQ(device.opened, 2 * records) << update;
      }
      ASSERT_TRUE(pair->client->update_keys());
      expect_both_hear(*pair, 1);
    }
  }
}

}  // namespace
}  // namespace sallyport
