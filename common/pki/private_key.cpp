#include "common/pki/private_key.hpp"

#include "common/base/file.hpp"
#include "common/pki/key_codec.hpp"
#include "common/pki/pem.hpp"
#include "common/pki/wolfcrypt.hpp"

#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/sha256.h>
#include <wolfssl/wolfcrypt/signature.h>

#include <algorithm>
#include <cstring>

namespace sallyport {
namespace {

wc_HashType hash_of(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::EcdsaSha384 ? WC_HASH_TYPE_SHA384 : WC_HASH_TYPE_SHA256;
}

Result<ByteBuffer, PkiError> sign_with(wc_HashType hash, wc_SignatureType type, void* key, word32 key_size,
                                       Bytes message, WC_RNG* random) {
  const int capacity = wc_SignatureGetSize(type, key, key_size);
  if (capacity <= 0) return wolf::library_failure("cannot sign", capacity);
  ByteBuffer signature(static_cast<std::size_t>(capacity));
  auto size = static_cast<word32>(capacity);
  const int status = wc_SignatureGenerate(hash, type, wolf::data(message), wolf::size(message), wolf::room(signature),
                                          &size, key, key_size, random);
  if (status != 0) return wolf::library_failure("cannot sign", status);
  signature.resize(size);
  return signature;
}

Result<ByteBuffer, PkiError> sign_ecc(SignatureAlgorithm algorithm, Bytes der, Bytes message, WC_RNG* random) {
  wolf::EccKey key;
  word32 index = 0;
  if (wc_EccPrivateKeyDecode(wolf::data(der), &index, key.get(), wolf::size(der)) != 0) return fail(unreadable_key());
  return sign_with(hash_of(algorithm), WC_SIGNATURE_TYPE_ECC, key.get(), sizeof(ecc_key), message, random);
}

Result<ByteBuffer, PkiError> sign_rsa_pss(RsaKey* key, Bytes message, WC_RNG* random) {
  byte digest[WC_SHA256_DIGEST_SIZE];
  int status = wc_Sha256Hash(wolf::data(message), wolf::size(message), digest);
  if (status != 0) return wolf::library_failure("cannot sign", status);
  ByteBuffer signature(static_cast<std::size_t>(std::max(wc_RsaEncryptSize(key), 0)));
  status = wc_RsaPSS_Sign(digest, sizeof digest, wolf::room(signature), wolf::size(signature), WC_HASH_TYPE_SHA256,
                          WC_MGF1SHA256, key, random);
  if (status <= 0) return wolf::library_failure("cannot sign", status);
  signature.resize(static_cast<std::size_t>(status));
  return signature;
}

Result<ByteBuffer, PkiError> sign_rsa(SignatureAlgorithm algorithm, Bytes der, Bytes message, WC_RNG* random) {
  wolf::RsaKeyOwner key;
  word32 index = 0;
  if (wc_RsaPrivateKeyDecode(wolf::data(der), &index, key.get(), wolf::size(der)) != 0) return fail(unreadable_key());
  if (wc_RsaSetRNG(key.get(), random) != 0) return fail(unreadable_key());
  if (algorithm == SignatureAlgorithm::RsaPssSha256) return sign_rsa_pss(key.get(), message, random);
  return sign_with(hash_of(algorithm), WC_SIGNATURE_TYPE_RSA_W_ENC, key.get(), sizeof(RsaKey), message, random);
}

Result<ByteBuffer, PkiError> sign_ed25519(Bytes der, Bytes message) {
  wolf::Ed25519Key key;
  if (key.status() != 0 || !wolf::decode_private(key.get(), der)) return fail(unreadable_key());
  ByteBuffer signature(ED25519_SIG_SIZE);
  word32 size = ED25519_SIG_SIZE;
  const int status =
      wc_ed25519_sign_msg(wolf::data(message), wolf::size(message), wolf::room(signature), &size, key.get());
  if (status != 0) return wolf::library_failure("cannot sign", status);
  return signature;
}

}  // namespace

PrivateKey::PrivateKey(ByteBuffer der, PublicKey public_key) noexcept
    : der_{std::move(der)}, public_key_{std::move(public_key)} {}

PrivateKey& PrivateKey::operator=(PrivateKey&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  der_ = std::move(other.der_);
  public_key_ = std::move(other.public_key_);
  return *this;
}

PrivateKey::~PrivateKey() { wipe(); }

void PrivateKey::wipe() noexcept {
  if (!der_.empty()) ::explicit_bzero(der_.data(), der_.size());
}

PrivateKey PrivateKey::clone() const { return PrivateKey{der_, public_key_}; }

Result<PrivateKey, PkiError> PrivateKey::generate(KeyKind kind) {
  auto pair = generate_key_pair(kind);
  if (!pair) return fail(pair.error());
  return PrivateKey{std::move(pair->pkcs8), std::move(pair->public_key)};
}

Result<PrivateKey, PkiError> PrivateKey::from_pem(std::string_view pem) {
  auto pair = decode_key_pair(pem);
  if (!pair) return fail(pair.error());
  if (!pair->public_key.is_acceptable()) {
    return fail(
        PkiError{PkiProblem::WeakKey, "the private key is too weak: P-256, P-384, Ed25519 or RSA of 2048 bits"});
  }
  return PrivateKey{std::move(pair->pkcs8), std::move(pair->public_key)};
}

Result<PrivateKey, PkiError> PrivateKey::load(const std::string& path) {
  auto text = read_secret_file(path, std::size_t{64} << 10U);
  if (!text) return fail(PkiError{PkiProblem::File, to_string(text.error())});
  std::string pem = std::move(*text);
  auto key = from_pem(pem);
  ::explicit_bzero(pem.data(), pem.size());
  if (!key) return fail(PkiError{key.error().problem, path + ": " + key.error().words});
  return key;
}

std::string PrivateKey::to_pem() const { return sallyport::to_pem("PRIVATE KEY", der_); }

Result<void, PkiError> PrivateKey::store(const std::string& path) const {
  std::string text = to_pem();
  auto written = write_file_atomically(path, text, 0600);
  ::explicit_bzero(text.data(), text.size());
  if (!written) return fail(PkiError{PkiProblem::File, to_string(written.error())});
  return {};
}

Result<ByteBuffer, PkiError> PrivateKey::sign(SignatureAlgorithm algorithm, Bytes message) const {
  if (!suits(kind(), algorithm)) return fail(unsuitable_algorithm(kind(), algorithm));
  if (kind() == KeyKind::Ed25519) return sign_ed25519(der_, message);
  wolf::Random random;
  if (random.status() != 0) return wolf::library_failure("cannot seed the random generator", random.status());
  if (kind() == KeyKind::Rsa) return sign_rsa(algorithm, der_, message, random.get());
  return sign_ecc(algorithm, der_, message, random.get());
}

}  // namespace sallyport
