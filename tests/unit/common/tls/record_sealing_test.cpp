#include "common/tls/record_sealing.hpp"

#include "common/tls/library.hpp"
#include "common/tls/wolfssl.hpp"

#include <gtest/gtest.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/cryptocb.h>

#include <algorithm>
#include <array>
#include <functional>

namespace sallyport {
namespace {

/// Says what it was asked.
class Witness : public AesGcm {
 public:
  std::string name() const override { return "a witness"; }
  void seal(const Parameters& with, Bytes plaintext, MutableBytes out, MutableBytes tag) const noexcept override {
    note(with, plaintext);
    std::ranges::fill(out, std::byte{7});
    std::ranges::fill(tag, std::byte{8});
  }
  bool open(const Parameters& with, Bytes ciphertext, Bytes /*tag*/, MutableBytes /*out*/) const noexcept override {
    note(with, ciphertext);
    return is_genuine;
  }
  bool is_genuine = true;
  mutable int asked = 0;
  mutable ByteBuffer key;
  mutable std::size_t size = 0;

 private:
  void note(const Parameters& with, Bytes octets) const {
    ++asked;
    key.assign(with.key.begin(), with.key.end());
    size = octets.size();
  }
};

class RecordSealing : public testing::Test {
 protected:
  RecordSealing() {
    EXPECT_TRUE(prepare_tls_library());
    EXPECT_EQ(wc_AesInit(&aes_, nullptr, 77), 0) << "some device: keys are kept for it";
    use_key(16);
  }
  ~RecordSealing() override { wc_AesFree(&aes_); }
  RecordSealing(const RecordSealing&) = delete;
  RecordSealing& operator=(const RecordSealing&) = delete;

  void use_key(word32 size) { EXPECT_EQ(wc_AesGcmSetKey(&aes_, key_.data(), size), 0); }

  wc_CryptoInfo sealing() {
    auto request = gcm();
    request.cipher.enc = 1;
    describe(request.cipher.aesgcm_enc);
    return request;
  }
  wc_CryptoInfo opening() {
    auto request = gcm();
    describe(request.cipher.aesgcm_dec);
    return request;
  }
  static wc_CryptoInfo gcm() {
    wc_CryptoInfo request{};
    request.algo_type = WC_ALGO_TYPE_CIPHER;
    request.cipher.type = WC_CIPHER_AES_GCM;
    return request;
  }
  /// In place, as the library opens records.
  template <class Request>
  void describe(Request& asked) {
    asked.aes = &aes_;
    asked.in = text_.data();
    asked.out = text_.data();
    asked.sz = kBulkRecord;
    asked.iv = nonce_.data();
    asked.ivSz = AesGcm::kNonceSize;
    asked.authTag = tag_.data();
    asked.authTagSz = AesGcm::kTagSize;
    asked.authIn = header_.data();
    asked.authInSz = sizeof header_;
  }

  Aes aes_{};
  std::array<byte, 32> key_{1, 2, 3};
  std::array<byte, 20'000> text_{};
  std::array<byte, 12> nonce_{};
  std::array<byte, 16> tag_{};
  std::array<byte, 5> header_{};
  Witness cipher_;
};

TEST_F(RecordSealing, HandsARecordOverWithItsKey) {
  for (const word32 key_size : {word32{16}, word32{32}}) {
    use_key(key_size);
    EXPECT_EQ(answer_record(cipher_, sealing()), 0);
    EXPECT_EQ(cipher_.key.size(), key_size);
    EXPECT_TRUE(std::equal(cipher_.key.begin(), cipher_.key.end(), std::as_bytes(std::span{key_}).begin()));
    EXPECT_EQ(cipher_.size, kBulkRecord);
    EXPECT_EQ(tag_.back(), 8);
    EXPECT_EQ(text_[kBulkRecord - 1], 7);
    EXPECT_EQ(text_[kBulkRecord], 0) << "not an octet further";
    EXPECT_EQ(answer_record(cipher_, opening()), 0);
  }
  EXPECT_EQ(cipher_.asked, 4);
}

TEST_F(RecordSealing, TellsWhatIsNotGenuineAsTheLibraryDoes) {
  cipher_.is_genuine = false;
  EXPECT_EQ(answer_record(cipher_, opening()), AES_GCM_AUTH_E);
}

TEST_F(RecordSealing, LeavesEverythingElseToTheLibrary) {
  using Change = std::function<void(wc_CryptoInfo&)>;
  const std::array<Change, 8> changes{{
      [](auto& request) { request.algo_type = WC_ALGO_TYPE_HASH; },
      [](auto& request) { request.cipher.type = WC_CIPHER_AES_CBC; },
      [](auto& request) { request.cipher.aesgcm_enc.sz = kBulkRecord - 1; },
      [](auto& request) { request.cipher.aesgcm_enc.ivSz = 16; },
      [](auto& request) { request.cipher.aesgcm_enc.authTagSz = 12; },
      [](auto& request) { request.cipher.aesgcm_enc.authInSz = 13; },
      [](auto& request) { request.cipher.aesgcm_enc.in = nullptr; },
      [](auto& request) { request.cipher.aesgcm_enc.aes = nullptr; },
  }};
  for (std::size_t number = 0; number < changes.size(); ++number) {
    auto request = sealing();
    changes[number](request);
    EXPECT_EQ(answer_record(cipher_, request), CRYPTOCB_UNAVAILABLE) << number;
  }
  auto other = opening();
  other.cipher.aesgcm_dec.authTagSz = 12;
  EXPECT_EQ(answer_record(cipher_, other), CRYPTOCB_UNAVAILABLE);
  use_key(24);
  EXPECT_EQ(answer_record(cipher_, sealing()), CRYPTOCB_UNAVAILABLE) << "no suite has keys of 192 bits";
  EXPECT_EQ(cipher_.asked, 0);
}

}  // namespace
}  // namespace sallyport
