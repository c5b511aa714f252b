#include "common/tls/bulk_aes.hpp"

#include "common/base/hex.hpp"
#include "common/pki/wolfcrypt.hpp"
#include "common/tls/known_answers.hpp"
#include "common/tls/library.hpp"

#include <gtest/gtest.h>
#include <wolfssl/wolfcrypt/aes.h>

#include <algorithm>
#include <array>
#include <random>
#include <string_view>
#include <thread>
#include <vector>

namespace sallyport {
namespace {

using Tag = std::array<std::byte, AesGcm::kTagSize>;

ByteBuffer octets(std::string_view text) { return from_hex(text).value(); }

bool is_zero(Bytes bytes) {
  return std::ranges::all_of(bytes, [](std::byte octet) { return octet == std::byte{}; });
}

/// A message with all that belongs to it.
struct Message {
  ByteBuffer key;
  ByteBuffer nonce;
  ByteBuffer associated;
  ByteBuffer plaintext;

  [[nodiscard]] AesGcm::Parameters parameters() const { return {key, nonce, associated}; }
};

/// wolfSSL's own, by the interface of the other.
class WolfAes : public AesGcm {
 public:
  std::string name() const override { return "wolfSSL"; }
  void seal(const Parameters& with, Bytes plaintext, MutableBytes out, MutableBytes tag) const noexcept override {
    Aes aes;
    key(aes, with);
    EXPECT_EQ(wc_AesGcmEncrypt(&aes, wolf::room(out), wolf::data(plaintext), wolf::size(plaintext),
                               wolf::data(with.nonce), wolf::size(with.nonce), wolf::room(tag), wolf::size(tag),
                               wolf::data(with.associated), wolf::size(with.associated)),
              0);
    wc_AesFree(&aes);
  }
  bool open(const Parameters& with, Bytes ciphertext, Bytes tag, MutableBytes out) const noexcept override {
    Aes aes;
    key(aes, with);
    const int status = wc_AesGcmDecrypt(&aes, wolf::room(out), wolf::data(ciphertext), wolf::size(ciphertext),
                                        wolf::data(with.nonce), wolf::size(with.nonce), wolf::data(tag),
                                        wolf::size(tag), wolf::data(with.associated), wolf::size(with.associated));
    wc_AesFree(&aes);
    if (status != 0) std::ranges::fill(out, std::byte{});
    return status == 0;
  }

 private:
  static void key(Aes& aes, const Parameters& with) {
    EXPECT_EQ(wc_AesInit(&aes, nullptr, INVALID_DEVID), 0);
    EXPECT_EQ(wc_AesGcmSetKey(&aes, wolf::data(with.key), wolf::size(with.key)), 0);
  }
};

class BulkAes : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(prepare_tls_library());
    if (!cipher_) GTEST_SKIP() << "this processor, or this build, has nothing faster than wolfSSL";
  }

  ByteBuffer random_octets(std::size_t size) {
    ByteBuffer out(size);
    for (auto& octet : out) octet = static_cast<std::byte>(random_() & 0xffU);
    return out;
  }
  Message random_message(std::size_t size, std::size_t key_size) {
    return {random_octets(key_size), random_octets(12), random_octets(5), random_octets(size)};
  }

  const std::unique_ptr<const AesGcm> cipher_ = find_bulk_aes();
  const WolfAes wolf_{};
  std::mt19937 random_{4711};
};

TEST_F(BulkAes, SealsAndOpensAsInTheTestVectorsOfNist) {
  constexpr std::string_view kKey = "feffe9928665731c6d6a8f9467308308";
  constexpr std::string_view kText = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72";
  struct Case {
    Message message;
    std::string_view ciphertext;
    std::string_view tag;
  };
  const auto zero_octets = [](std::size_t size) { return ByteBuffer(size); };
  const std::array<Case, 4> cases{{
      {{zero_octets(16), zero_octets(12), {}, zero_octets(16)},
       "0388dace60b6a392f328c2b971b2fe78",
       "ab6e47d42cec13bdf53a67b21257bddf"},
      {{zero_octets(32), zero_octets(12), {}, zero_octets(16)},
       "cea7403d4d606b6e074ec5d3baf39d18",
       "d0d1c8a799996bf0265b98b5d48ab919"},
      {{octets(kKey), octets("cafebabefacedbaddecaf888"), octets("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
        octets(std::string{kText} + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")},
       "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac9"
       "7"
       "3d58e091",
       "5bc94fbc3221a5db94fae95ae7121a47"},
      {{octets(std::string{kKey} + std::string{kKey}), octets("cafebabefacedbaddecaf888"),
        octets("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
        octets(std::string{kText} + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")},
       "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0"
       "a"
       "bcc9f662",
       "76fc6ece0f4e1768cddf8853bb2d551b"},
  }};
  for (const Case& each : cases) {
    ByteBuffer out(each.message.plaintext.size());
    Tag tag{};
    cipher_->seal(each.message.parameters(), each.message.plaintext, out, tag);
    EXPECT_EQ(to_hex(out), each.ciphertext);
    EXPECT_EQ(to_hex(tag), each.tag);
    EXPECT_TRUE(cipher_->open(each.message.parameters(), octets(each.ciphertext), octets(each.tag), out));
    EXPECT_EQ(out, each.message.plaintext);
  }
}

TEST_F(BulkAes, DoesWhatWolfSslDoesForEveryKindOfLength) {
  std::vector<std::size_t> sizes(400);
  std::uniform_int_distribution<std::size_t> any{0, 17'000};
  for (auto& size : sizes) size = any(random_);
  for (std::size_t size = 0; size < 300; ++size) sizes.push_back(size);
  for (const std::size_t size : sizes) {
    for (const std::size_t key_size : {std::size_t{16}, std::size_t{32}}) {
      const Message message = random_message(size, key_size);
      ByteBuffer expected(size), apart(size), in_place = message.plaintext;
      Tag expected_tag{}, tag{};
      wolf_.seal(message.parameters(), message.plaintext, expected, expected_tag);
      cipher_->seal(message.parameters(), message.plaintext, apart, tag);
      EXPECT_TRUE(apart == expected && tag == expected_tag) << size;
      cipher_->seal(message.parameters(), in_place, in_place, tag);
      EXPECT_TRUE(in_place == expected && tag == expected_tag) << size << " in place";

      EXPECT_TRUE(cipher_->open(message.parameters(), expected, expected_tag, apart)) << size;
      EXPECT_TRUE(apart == message.plaintext) << size;
      EXPECT_TRUE(cipher_->open(message.parameters(), in_place, expected_tag, in_place)) << size << " in place";
      EXPECT_TRUE(in_place == message.plaintext) << size << " in place";
      EXPECT_TRUE(wolf_.open(message.parameters(), expected, tag, apart)) << size;
    }
  }
}

TEST_F(BulkAes, RefusesWhateverBitIsFlippedAndLeavesNoPlaintext) {
  for (const std::size_t key_size : {std::size_t{16}, std::size_t{32}}) {
    Message message = random_message(1100, key_size);
    ByteBuffer sealed(message.plaintext.size());
    Tag tag{};
    cipher_->seal(message.parameters(), message.plaintext, sealed, tag);
    const auto is_refused_with_each_bit_flipped = [&](MutableBytes of) {
      for (std::size_t bit = 0; bit < of.size() * 8; ++bit) {
        const auto flip = static_cast<std::byte>(1U << (bit % 8));
        of[bit / 8] ^= flip;
        ByteBuffer out = sealed;
        if (cipher_->open(message.parameters(), out, tag, out) || !is_zero(out))
          return testing::AssertionFailure() << bit;
        of[bit / 8] ^= flip;
      }
      return testing::AssertionSuccess();
    };
    EXPECT_TRUE(is_refused_with_each_bit_flipped(tag)) << "of the tag";
    EXPECT_TRUE(is_refused_with_each_bit_flipped(sealed)) << "of the record";
    EXPECT_TRUE(is_refused_with_each_bit_flipped(message.associated)) << "of its header";
    EXPECT_TRUE(is_refused_with_each_bit_flipped(message.nonce)) << "of its number";
    EXPECT_TRUE(is_refused_with_each_bit_flipped(message.key)) << "of the key";
    EXPECT_TRUE(cipher_->open(message.parameters(), sealed, tag, sealed)) << "nothing is flipped any more";
  }
}

TEST_F(BulkAes, WorksForSeveralThreadsAtTheSameTime) {
  std::vector<std::thread> threads;
  std::array<int, 4> right{};
  for (std::size_t number = 0; number < right.size(); ++number) {
    threads.emplace_back([&, message = random_message(4000 + number, number % 2 == 0 ? 16 : 32), number] {
      ByteBuffer expected(message.plaintext.size()), out(message.plaintext.size());
      Tag expected_tag{}, tag{};
      wolf_.seal(message.parameters(), message.plaintext, expected, expected_tag);
      for (int time = 0; time < 2000; ++time) {
        cipher_->seal(message.parameters(), message.plaintext, out, tag);
        if (out == expected && tag == expected_tag && cipher_->open(message.parameters(), out, tag, out))
          ++right[number];
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const int count : right) EXPECT_EQ(count, 2000);
}

TEST_F(BulkAes, GivesTheAnswersThatAreAskedForAtTheStart) {
  EXPECT_TRUE(gives_known_answers(*cipher_));
  EXPECT_TRUE(cipher_->name().starts_with("libipsec-mb "));
  EXPECT_EQ(record_cipher_name(), cipher_->name());
}

/// wolfSSL's with one fault.
class Faulty : public WolfAes {
 public:
  enum class Fault {
    None,
    WrongTag,
    WrongOctet,
    OnlyLarge,
    OnlyLongKeys,
    OpensAnything,
    LeavesPlaintext,
    OpensNothing,
    OneKindOfTail
  };
  explicit Faulty(Fault fault) : fault_{fault} {}

  void seal(const Parameters& with, Bytes plaintext, MutableBytes out, MutableBytes tag) const noexcept override {
    WolfAes::seal(with, plaintext, out, tag);
    if (fault_ == Fault::WrongTag) tag.back() ^= std::byte{1};
    if (fault_ == Fault::WrongOctet || (fault_ == Fault::OnlyLarge && plaintext.size() > 16000) ||
        (fault_ == Fault::OnlyLongKeys && with.key.size() == 32) ||
        (fault_ == Fault::OneKindOfTail && plaintext.size() >= 1000 && plaintext.size() % 16 == 9)) {
      out.front() ^= std::byte{1};
    }
  }
  bool open(const Parameters& with, Bytes ciphertext, Bytes tag, MutableBytes out) const noexcept override {
    const bool is_good = WolfAes::open(with, ciphertext, tag, out);
    if (fault_ == Fault::LeavesPlaintext && !is_good) std::ranges::fill(out, std::byte{1});
    return fault_ == Fault::OpensAnything || (is_good && fault_ != Fault::OpensNothing);
  }

 private:
  Fault fault_;
};

TEST(KnownAnswers, TellRightFromWrong) {
  using Fault = Faulty::Fault;
  ASSERT_TRUE(prepare_tls_library());
  EXPECT_TRUE(gives_known_answers(Faulty{Fault::None}));
  for (const Fault fault : {Fault::WrongTag, Fault::WrongOctet, Fault::OnlyLarge, Fault::OnlyLongKeys,
                            Fault::OpensAnything, Fault::LeavesPlaintext, Fault::OpensNothing, Fault::OneKindOfTail}) {
    EXPECT_FALSE(gives_known_answers(Faulty{fault})) << static_cast<int>(fault);
  }
}

}  // namespace
}  // namespace sallyport
