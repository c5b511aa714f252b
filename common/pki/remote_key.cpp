#include "common/pki/remote_key.hpp"

#include "common/pki/wolfcrypt.hpp"

#include <wolfssl/wolfcrypt/hash.h>

#include <array>

namespace sallyport {
namespace {

PkiError another_key() {
  return {PkiProblem::KeyAbsent, "the token signed with another key than the certificate's; see which key is meant"};
}

wc_HashType hash_of(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::EcdsaSha384 ? WC_HASH_TYPE_SHA384 : WC_HASH_TYPE_SHA256;
}

Result<ByteBuffer, PkiError> digest_of(wc_HashType hash, Bytes message) {
  ByteBuffer digest(static_cast<std::size_t>(wc_HashGetDigestSize(hash)));
  const int status = wc_Hash(hash, wolf::data(message), wolf::size(message), wolf::room(digest), wolf::size(digest));
  if (status != 0) return wolf::library_failure("cannot hash", status);
  return digest;
}

bool is_signature_of(const PublicKey& public_key, Bytes digest, Bytes signature) {
  wolf::EccKey key;
  word32 index = 0;
  const Bytes der = public_key.der();
  if (key.status() != 0 || wc_EccPublicKeyDecode(wolf::data(der), &index, key.get(), wolf::size(der)) != 0)
    return false;
  int is_valid = 0;
  const int status = wc_ecc_verify_hash(wolf::data(signature), wolf::size(signature), wolf::data(digest),
                                        wolf::size(digest), &is_valid, key.get());
  return status == 0 && is_valid == 1;
}

/// RFC 8017 section 9.2: DigestInfo behind 00 01 FF.. 00.
Result<ByteBuffer, PkiError> pkcs1_block(Bytes digest, unsigned bits, WC_RNG* random) {
  std::array<std::byte, 128> info{};
  const word32 size = wc_EncodeSignature(wolf::room(info), wolf::data(digest), wolf::size(digest), SHA256h);
  ByteBuffer block((bits + 7) / 8);
  const int status =
      wc_RsaPad_ex(wolf::data(Bytes{info}), size, wolf::room(block), wolf::size(block), RSA_BLOCK_TYPE_1, random,
                   WC_RSA_PKCSV15_PAD, WC_HASH_TYPE_NONE, WC_MGF1NONE, nullptr, 0, 0, static_cast<int>(bits), nullptr);
  if (status != 0) return wolf::library_failure("cannot pad", status);
  return block;
}

/// RFC 8017 section 9.1 with SHA-256 and a salt of its size.
Result<ByteBuffer, PkiError> pss_block(Bytes digest, unsigned bits, WC_RNG* random) {
  ByteBuffer block((bits + 7) / 8);
  const int status = wc_RsaPad_ex(wolf::data(digest), wolf::size(digest), wolf::room(block), wolf::size(block),
                                  RSA_BLOCK_TYPE_1, random, WC_RSA_PSS_PAD, WC_HASH_TYPE_SHA256, WC_MGF1SHA256, nullptr,
                                  0, RSA_PSS_SALT_LEN_DEFAULT, static_cast<int>(bits), nullptr);
  if (status != 0) return wolf::library_failure("cannot pad", status);
  return block;
}

}  // namespace

Result<ByteBuffer, PkiError> RemoteKey::apply(Bytes input) const {
  auto output = operate(input);
  if (!output) return output;
  // A token may hold several keys; what it did with another one proves nothing and is shown to nobody.
  const bool is_ours = kind() == KeyKind::Rsa ? output->size() == (public_key_.bits() + 7) / 8
                                              : is_signature_of(public_key_, input, *output);
  if (!is_ours) return fail(another_key());
  return output;
}

Result<ByteBuffer, PkiError> RemoteKey::sign(SignatureAlgorithm algorithm, Bytes message) const {
  if (!suits(kind(), algorithm) || kind() == KeyKind::Ed25519) return fail(unsuitable_algorithm(kind(), algorithm));
  const auto digest = digest_of(hash_of(algorithm), message);
  if (!digest) return fail(digest.error());
  if (kind() != KeyKind::Rsa) return apply(*digest);
  wolf::Random random;
  if (random.status() != 0) return wolf::library_failure("cannot seed the random generator", random.status());
  const auto block = algorithm == SignatureAlgorithm::RsaPssSha256
                         ? pss_block(*digest, public_key_.bits(), random.get())
                         : pkcs1_block(*digest, public_key_.bits(), random.get());
  if (!block) return fail(block.error());
  auto signature = apply(*block);
  if (signature && !public_key_.verify(algorithm, message, *signature)) return fail(another_key());
  return signature;
}

}  // namespace sallyport
