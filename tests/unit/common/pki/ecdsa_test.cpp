#include "common/pki/ecdsa.hpp"

#include "common/pki/der.hpp"
#include "common/pki/good_signatures.hpp"
#include "common/pki/wolfcrypt.hpp"

#include <gtest/gtest.h>
#include <wolfssl/wolfcrypt/wolfmath.h>

#include <span>
#include <string>

namespace sallyport {
namespace {

/// A digest with its signature by a key of its own.
struct Signed {
  wolf::EccKey key;
  ByteBuffer digest;
  ByteBuffer signature;

  explicit Signed(int key_size = 32, std::size_t digest_size = 32) : digest(digest_size, std::byte{7}), signature(160) {
    wolf::Random random;
    EXPECT_EQ(wc_ecc_make_key(random.get(), key_size, key.get()), 0);
    word32 size = wolf::size(signature);
    EXPECT_EQ(
        wc_ecc_sign_hash(wolf::data(digest), wolf::size(digest), wolf::room(signature), &size, random.get(), key.get()),
        0);
    signature.resize(size);
  }
};

bool is_good(Signed& one, GoodSignatures* good) {
  int result = 7;
  const int status = verify_ecdsa(*one.key.get(), one.digest, one.signature, good, result);
  EXPECT_TRUE(result == 0 || (result == 1 && status == 0)) << status;
  return result == 1;
}

/// What is remembered of it, put together here: by what the computation is given and by nothing else.
Sha256Digest name_of(Signed& one) {
  const int curve = wc_ecc_get_curve_id(one.key.get()->idx);
  ByteBuffer point(1 + 2 * MAX_ECC_BYTES);
  word32 size = wolf::size(point);
  EXPECT_EQ(wc_ecc_export_x963(one.key.get(), wolf::room(point), &size), 0);
  point.resize(size);
  return GoodSignatures::name_of(
             {as_bytes("ecdsa"), std::as_bytes(std::span{&curve, 1}), point, one.digest, one.signature})
      .value();
}

/// The two numbers of a signature, `s` as it is or as its counterpart, which is as good; and how lengths are written.
ByteBuffer encoded(Signed& one, bool counterpart, bool with_long_lengths = false) {
  der::Reader numbers{der::only(one.signature, der::Sequence)->content};
  const Bytes r = *der::unsigned_integer(numbers.next(der::Integer)->content);
  const Bytes s = *der::unsigned_integer(numbers.next(der::Integer)->content);
  mp_int order;
  mp_int number;
  EXPECT_EQ(mp_init_multi(&order, &number, nullptr, nullptr, nullptr, nullptr), 0);
  EXPECT_EQ(mp_read_radix(&order, one.key.get()->dp->order, MP_RADIX_HEX), 0);
  EXPECT_EQ(mp_read_unsigned_bin(&number, wolf::data(s), wolf::size(s)), 0);
  if (counterpart) {
    EXPECT_EQ(mp_sub(&order, &number, &number), 0);
  }
  ByteBuffer octets(static_cast<std::size_t>(mp_unsigned_bin_size(&number)));
  EXPECT_EQ(mp_to_unsigned_bin(&number, wolf::room(octets)), 0);
  ByteBuffer result = der::sequence({der::integer(r), der::integer(octets)});
  if (with_long_lengths) result.insert(result.begin() + 1, std::byte{0x81});
  return result;
}

TEST(Ecdsa, IsComputedWithAndWithoutAMemory) {
  for (const int size : {32, 48}) {
    Signed one{size, static_cast<std::size_t>(size)};
    GoodSignatures good;
    EXPECT_TRUE(is_good(one, nullptr));
    EXPECT_TRUE(is_good(one, &good));
    EXPECT_TRUE(is_good(one, &good));
    EXPECT_EQ(good.size(), 1U);
    EXPECT_TRUE(good.contains(name_of(one))) << "all that it depends on, and nothing else";
  }
}

TEST(Ecdsa, IsAnsweredFromMemoryByTheNameOfAllItsArguments) {
  Signed forged;
  forged.signature.back() ^= std::byte{1};
  GoodSignatures good;
  EXPECT_FALSE(is_good(forged, &good));
  // As if it had been found good: only so can be seen who asks for what.
  good.add(name_of(forged));
  EXPECT_TRUE(is_good(forged, &good));
  EXPECT_FALSE(is_good(forged, nullptr));
}

TEST(Ecdsa, OfAnotherDigestOrSignatureIsNeverAnsweredFromMemory) {
  Signed one;
  GoodSignatures good;
  ASSERT_TRUE(is_good(one, &good));
  for (ByteBuffer* octets : {&one.digest, &one.signature}) {
    for (std::size_t at = 0; at < octets->size() * 8; ++at) {
      const auto bit = std::byte{1} << static_cast<int>(at % 8);
      (*octets)[at / 8] ^= bit;
      EXPECT_FALSE(is_good(one, &good)) << at;
      (*octets)[at / 8] ^= bit;
    }
  }
  EXPECT_EQ(good.size(), 1U) << "nothing that is not good is remembered";
  EXPECT_TRUE(is_good(one, &good));
}

TEST(Ecdsa, OfAnotherKeyIsNeverAnsweredFromMemory) {
  Signed one;
  GoodSignatures good;
  ASSERT_TRUE(is_good(one, &good));
  for (const int size : {32, 48}) {
    Signed other{size};
    other.digest = one.digest;
    other.signature = one.signature;
    EXPECT_FALSE(is_good(other, &good));
  }
  EXPECT_EQ(good.size(), 1U);
}

TEST(Ecdsa, NamesDigestsOfAnotherLengthApartThoughTheComputationCutsThem) {
  Signed one;
  GoodSignatures good;
  ASSERT_TRUE(is_good(one, &good));
  // What follows the octets that the curve has room for counts for nothing in the computation, but in the name.
  one.digest.resize(48, std::byte{9});
  EXPECT_FALSE(good.contains(name_of(one)));
  EXPECT_TRUE(is_good(one, &good));
  EXPECT_EQ(good.size(), 2U);
}

TEST(Ecdsa, TakesTwoPlacesOfACertificateAtMost) {
  Signed one;
  GoodSignatures good;
  const ByteBuffer both[] = {encoded(one, false), encoded(one, true)};
  ASSERT_EQ(both[0], one.signature);
  for (const auto& signature : both) {
    one.signature = signature;
    EXPECT_TRUE(is_good(one, &good));
  }
  EXPECT_EQ(good.size(), 2U);
  // Lengths that are written longer than they need be: so many spellings there would be, if the library took them.
  one.signature = both[0];
  one.signature = encoded(one, false, true);
  const bool is_taken = is_good(one, nullptr);
  EXPECT_EQ(is_good(one, &good), is_taken);
  EXPECT_EQ(good.size(), 2U);
}

TEST(Ecdsa, OfGarbageIsNotGoodAndNotRemembered) {
  Signed one;
  GoodSignatures good;
  for (const auto& garbage : {ByteBuffer{}, ByteBuffer(1), ByteBuffer(72), ByteBuffer(9000, std::byte{0x30})}) {
    one.signature = garbage;
    EXPECT_FALSE(is_good(one, &good)) << garbage.size();
  }
  one.digest.clear();
  EXPECT_FALSE(is_good(one, &good));
  EXPECT_EQ(good.size(), 0U);
}

}  // namespace
}  // namespace sallyport
