#include "common/tls/known_answers.hpp"

#include "common/base/hex.hpp"
#include "common/pki/wolfcrypt.hpp"

#include <wolfssl/wolfcrypt/aes.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace sallyport {
namespace {

using Tag = std::array<std::byte, AesGcm::kTagSize>;

/// In hexadecimal, as NIST gives them.
struct Vector {
  std::string_view key;
  std::string_view nonce;
  std::string_view associated;
  std::string_view plaintext;
  std::string_view ciphertext;
  std::string_view tag;
};

/// Test cases 4 and 16 of "The Galois/Counter Mode of Operation", which SP 800-38D points to.
constexpr std::array<Vector, 2> kVectors{
    {{"feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
      "ba637b39",
      "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac97"
      "3d58e091",
      "5bc94fbc3221a5db94fae95ae7121a47"},
     {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
      "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
      "ba637b39",
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
      "bcc9f662",
      "76fc6ece0f4e1768cddf8853bb2d551b"}}};

/// A message and what it is when it is sealed.
struct Answer {
  ByteBuffer key;
  ByteBuffer nonce;
  ByteBuffer associated;
  ByteBuffer plaintext;
  ByteBuffer ciphertext;
  Tag tag{};

  [[nodiscard]] AesGcm::Parameters parameters() const { return {key, nonce, associated}; }
};

ByteBuffer octets(std::string_view text) { return from_hex(text).value_or(ByteBuffer{}); }

Answer of(const Vector& vector) {
  Answer answer{octets(vector.key),       octets(vector.nonce),      octets(vector.associated),
                octets(vector.plaintext), octets(vector.ciphertext), {}};
  std::ranges::copy(octets(vector.tag), answer.tag.begin());
  return answer;
}

ByteBuffer pattern(std::size_t size, unsigned first) {
  ByteBuffer out(size);
  for (std::size_t at = 0; at < size; ++at) out[at] = static_cast<std::byte>((first + at * 7) & 0xffU);
  return out;
}

int init_aes(Aes* aes) { return wc_AesInit(aes, nullptr, INVALID_DEVID); }
using OwnedAes = wolf::Owned<Aes, init_aes, wc_AesFree>;

/// The largest record of TLS 1.3: 16 KiB and the kind of its content.
constexpr std::size_t kWholeRecord = (std::size_t{16} << 10U) + 1;
/// From the shortest that is asked for on, each length by which assembly may end in another way: it goes by blocks of
/// 16 octets, sixteen of them at once.
constexpr std::size_t kShortest = 1000;
constexpr std::size_t kStep = 13;
constexpr std::size_t kLengths = 40;

/// A record by wolfSSL. Nullopt when it fails.
std::optional<Answer> record_of(std::size_t size, std::size_t key_size) {
  Answer answer{
      pattern(key_size, 1), pattern(AesGcm::kNonceSize, 2), pattern(5, 3), pattern(size, 4), ByteBuffer(size), {}};
  OwnedAes aes;
  if (aes.status() != 0) return std::nullopt;
  if (wc_AesGcmSetKey(aes.get(), wolf::data(answer.key), wolf::size(answer.key)) != 0) return std::nullopt;
  const int status = wc_AesGcmEncrypt(aes.get(), wolf::room(answer.ciphertext), wolf::data(answer.plaintext),
                                      wolf::size(answer.plaintext), wolf::data(answer.nonce), wolf::size(answer.nonce),
                                      wolf::room(answer.tag), wolf::size(answer.tag), wolf::data(answer.associated),
                                      wolf::size(answer.associated));
  if (status != 0) return std::nullopt;
  return answer;
}

bool seals(const AesGcm& cipher, const Answer& answer) {
  ByteBuffer out(answer.plaintext.size());
  Tag tag{};
  cipher.seal(answer.parameters(), answer.plaintext, out, tag);
  return out == answer.ciphertext && tag == answer.tag;
}

bool opens(const AesGcm& cipher, const Answer& answer) {
  ByteBuffer out = answer.ciphertext;
  return cipher.open(answer.parameters(), out, answer.tag, out) && out == answer.plaintext;
}

bool refuses_one(const AesGcm& cipher, const Answer& forged) {
  ByteBuffer out = forged.ciphertext;
  return !cipher.open(forged.parameters(), out, forged.tag, out) &&
         std::ranges::all_of(out, [](std::byte octet) { return octet == std::byte{}; });
}

/// Its last octet, its tag, and what goes with it in clear.
bool refuses(const AesGcm& cipher, const Answer& answer) {
  std::array<Answer, 3> forged{answer, answer, answer};
  forged[0].ciphertext.back() ^= std::byte{1};
  forged[1].tag.back() ^= std::byte{1};
  forged[2].associated.back() ^= std::byte{1};
  return std::ranges::all_of(forged, [&](const Answer& each) { return refuses_one(cipher, each); });
}

bool is_right(const AesGcm& cipher, const Answer& answer) {
  return seals(cipher, answer) && opens(cipher, answer) && refuses(cipher, answer);
}

bool seals_as_wolfssl_does(const AesGcm& cipher, std::size_t key_size) {
  for (std::size_t i = 0; i <= kLengths; ++i) {
    const auto record = record_of(i == kLengths ? kWholeRecord : kShortest + i * kStep, key_size);
    if (!record || !is_right(cipher, *record)) return false;
  }
  return true;
}

}  // namespace

bool gives_known_answers(const AesGcm& cipher) {
  const bool knows_vectors =
      std::ranges::all_of(kVectors, [&](const Vector& each) { return is_right(cipher, of(each)); });
  return knows_vectors && seals_as_wolfssl_does(cipher, 16) && seals_as_wolfssl_does(cipher, 32);
}

}  // namespace sallyport
