#include "common/pki/key_codec.hpp"

#include "common/pki/der.hpp"
#include "common/pki/oids.hpp"
#include "common/pki/pem.hpp"
#include "common/pki/wolfcrypt.hpp"

#include <cstring>

namespace sallyport {
namespace {

constexpr std::size_t kMaxKeyDer = 8192;

/// Scratch space for secrets, wiped when it goes.
class SecretBuffer {
 public:
  SecretBuffer() : octets_(kMaxKeyDer) {}
  ~SecretBuffer() { ::explicit_bzero(octets_.data(), octets_.size()); }
  SecretBuffer(const SecretBuffer&) = delete;
  SecretBuffer& operator=(const SecretBuffer&) = delete;

  [[nodiscard]] byte* data() noexcept { return wolf::room(octets_); }
  [[nodiscard]] ByteBuffer take(std::size_t size) const {
    return {octets_.begin(), octets_.begin() + static_cast<std::ptrdiff_t>(size)};
  }

 private:
  ByteBuffer octets_;
};

Result<KeyPair, PkiError> with_public_der(ByteBuffer pkcs8, const ByteBuffer& public_buffer, int public_size) {
  if (public_size <= 0) return fail(unreadable_key());
  auto key = PublicKey::parse(Bytes{public_buffer}.first(static_cast<std::size_t>(public_size)));
  if (!key) return fail(key.error());
  return KeyPair{std::move(pkcs8), std::move(*key)};
}

Result<KeyPair, PkiError> export_ecc(ecc_key* key) {
  SecretBuffer secret;
  word32 size = kMaxKeyDer;
  const int status = wc_EccKeyToPKCS8(key, secret.data(), &size);
  if (status < 0) return wolf::library_failure("cannot encode the private key", status);
  ByteBuffer public_buffer(512);
  const int public_size = wc_EccPublicKeyToDer(key, wolf::room(public_buffer), wolf::size(public_buffer), 1);
  return with_public_der(secret.take(size), public_buffer, public_size);
}

Result<KeyPair, PkiError> export_ed25519(ed25519_key* key) {
  SecretBuffer secret;
  const int size = wc_Ed25519PrivateKeyToDer(key, secret.data(), kMaxKeyDer);
  if (size <= 0) return wolf::library_failure("cannot encode the private key", size);
  ByteBuffer public_buffer(128);
  const int public_size = wc_Ed25519PublicKeyToDer(key, wolf::room(public_buffer), wolf::size(public_buffer), 1);
  return with_public_der(secret.take(static_cast<std::size_t>(size)), public_buffer, public_size);
}

Result<KeyPair, PkiError> decode_ecc(Bytes der) {
  wolf::EccKey key;
  wolf::Random random;
  word32 index = 0;
  if (key.status() != 0 || random.status() != 0 ||
      wc_EccPrivateKeyDecode(wolf::data(der), &index, key.get(), wolf::size(der)) != 0) {
    return fail(unreadable_key());
  }
  if (key.get()->type == ECC_PRIVATEKEY_ONLY && wc_ecc_make_pub_ex(key.get(), nullptr, random.get()) != 0) {
    return fail(unreadable_key());
  }
  if (wc_ecc_check_key(key.get()) != 0) return fail(unreadable_key());
  return export_ecc(key.get());
}

Result<KeyPair, PkiError> decode_ed25519(Bytes der) {
  wolf::Ed25519Key key;
  if (key.status() != 0 || !wolf::decode_private(key.get(), der)) return fail(unreadable_key());
  return export_ed25519(key.get());
}

Result<KeyPair, PkiError> decode_rsa(Bytes pkcs1) {
  wolf::RsaKeyOwner key;
  word32 index = 0;
  if (key.status() != 0 || wc_RsaPrivateKeyDecode(wolf::data(pkcs1), &index, key.get(), wolf::size(pkcs1)) != 0) {
    return fail(unreadable_key());
  }
  ByteBuffer public_buffer(2048);
  const int size = wc_RsaKeyToPublicDer_ex(key.get(), wolf::room(public_buffer), wolf::size(public_buffer), 1);
  const ByteBuffer algorithm = der::sequence({der::oid(oids::kRsa), der::wrap(der::Null, {})});
  ByteBuffer octets = der::octet_string(pkcs1);
  ByteBuffer pkcs8 = der::sequence({der::integer(0), algorithm, octets});
  ::explicit_bzero(octets.data(), octets.size());
  return with_public_der(std::move(pkcs8), public_buffer, size);
}

Result<KeyPair, PkiError> decode_pkcs8(Bytes pkcs8) {
  const auto outer = der::only(pkcs8, der::Sequence);
  if (!outer) return fail(unreadable_key());
  der::Reader reader{outer->content};
  const auto version = reader.next(der::Integer);
  const auto algorithm = reader.next(der::Sequence);
  const auto key = reader.next(der::OctetString);
  if (!version || !algorithm || !key) return fail(unreadable_key());
  const auto oid = der::Reader{algorithm->content}.next(der::Oid);
  if (!oid) return fail(unreadable_key());
  if (as_text(oid->content) == oids::kEcPublicKey) return decode_ecc(pkcs8);
  if (as_text(oid->content) == oids::kEd25519) return decode_ed25519(pkcs8);
  if (as_text(oid->content) == oids::kRsa) return decode_rsa(key->content);
  return fail(unreadable_key());
}

struct Encoding {
  std::string_view label;
  Result<KeyPair, PkiError> (*decode)(Bytes);
};
constexpr Encoding kEncodings[] = {
    {"PRIVATE KEY", decode_pkcs8}, {"EC PRIVATE KEY", decode_ecc}, {"RSA PRIVATE KEY", decode_rsa}};

Result<KeyPair, PkiError> generate_ecc(int octets, ecc_curve_id curve) {
  wolf::Random random;
  wolf::EccKey key;
  const int status =
      random.status() != 0 ? random.status() : wc_ecc_make_key_ex(random.get(), octets, key.get(), curve);
  if (status != 0) return wolf::library_failure("cannot make a key", status);
  return export_ecc(key.get());
}

Result<KeyPair, PkiError> generate_ed25519() {
  wolf::Random random;
  wolf::Ed25519Key key;
  const int status =
      random.status() != 0 ? random.status() : wc_ed25519_make_key(random.get(), ED25519_KEY_SIZE, key.get());
  if (status != 0) return wolf::library_failure("cannot make a key", status);
  return export_ed25519(key.get());
}

}  // namespace

PkiError unreadable_key() {
  return {PkiProblem::Malformed, "the private key is damaged, encrypted, or of a kind that Sallyport does not use"};
}

Result<KeyPair, PkiError> generate_key_pair(KeyKind kind) {
  switch (kind) {
    case KeyKind::P256:
      return generate_ecc(32, ECC_SECP256R1);
    case KeyKind::P384:
      return generate_ecc(48, ECC_SECP384R1);
    case KeyKind::Ed25519:
      return generate_ed25519();
    case KeyKind::Rsa:
    case KeyKind::Other:
      break;
  }
  return fail(PkiError{PkiProblem::Unsupported, "keys are made as P-256, P-384 or Ed25519"});
}

Result<KeyPair, PkiError> decode_key_pair(std::string_view pem) {
  for (const Encoding& encoding : kEncodings) {
    auto blocks = from_pem(encoding.label, pem);
    if (!blocks) return fail(blocks.error());
    if (blocks->empty()) continue;
    auto pair = encoding.decode(blocks->front());
    for (ByteBuffer& block : *blocks) ::explicit_bzero(block.data(), block.size());
    return pair;
  }
  return fail(PkiError{PkiProblem::Malformed, "no unencrypted private key in PEM form was found"});
}

}  // namespace sallyport
