#include "common/tls/remote_signer.hpp"

#include "common/pki/wolfcrypt.hpp"
#include "common/tls/wolfssl.hpp"

#include <wolfssl/wolfcrypt/cryptocb.h>

#include <algorithm>
#include <cstring>

namespace sallyport {
namespace {

/// The only device there is. Nothing is done by it but what names it: a device of a whole context would be asked for
/// every record, hash and random number.
constexpr int kDevice = 0x5a11;

using Address = RemoteSigner*;

/// The id of a key is the address of its signer.
RemoteSigner* signer_of(const byte* id, int size) {
  Address signer = nullptr;
  if (size != static_cast<int>(sizeof signer)) return nullptr;
  std::memcpy(&signer, id, sizeof signer);
  return signer;
}

int give(const std::optional<ByteBuffer>& result, byte* out, word32* size) {
  if (!result) return WC_HW_E;
  if (result->size() > *size) return BUFFER_E;
  std::copy_n(wolf::data(*result), result->size(), out);
  *size = static_cast<word32>(result->size());
  return 0;
}

/// Before anything else is done with an RSA key, its size is asked for: it gets its public half then, without which
/// the library can neither pad nor check what came back.
int fill_in(const PublicKey& public_key, RsaKey* key, int* size) {
  word32 index = 0;
  const Bytes der = public_key.der();
  const int status = wc_RsaPublicKeyDecode(wolf::data(der), &index, key, wolf::size(der));
  if (status != 0) return status;
  *size = static_cast<int>((public_key.bits() + 7) / 8);
  return 0;
}

}  // namespace

struct RemoteSigner::Device {
  static int on_request(int /*device*/, wc_CryptoInfo* info, void* /*context*/) {
    if (info->algo_type != WC_ALGO_TYPE_PK) return CRYPTOCB_UNAVAILABLE;
    switch (info->pk.type) {
      case WC_PK_TYPE_ECDSA_SIGN:
        return sign(info->pk.eccsign.key->id, info->pk.eccsign.key->idLen, info->pk.eccsign.in, info->pk.eccsign.inlen,
                    info->pk.eccsign.out, info->pk.eccsign.outlen);
      case WC_PK_TYPE_RSA:
        // What needs only the public half is done here.
        if (info->pk.rsa.type != RSA_PRIVATE_ENCRYPT) return CRYPTOCB_UNAVAILABLE;
        return sign(info->pk.rsa.key->id, info->pk.rsa.key->idLen, info->pk.rsa.in, info->pk.rsa.inLen,
                    info->pk.rsa.out, info->pk.rsa.outLen);
      case WC_PK_TYPE_RSA_GET_SIZE:
        return measure(const_cast<RsaKey*>(info->pk.rsa_get_size.key), info->pk.rsa_get_size.keySize);
      default:
        return CRYPTOCB_UNAVAILABLE;
    }
  }

  static int sign(const byte* id, int id_size, const byte* in, word32 in_size, byte* out, word32* out_size) {
    RemoteSigner* signer = signer_of(id, id_size);
    if (signer == nullptr) return BAD_FUNC_ARG;
    return give(signer->apply(Bytes{reinterpret_cast<const std::byte*>(in), in_size}), out, out_size);
  }

  static int measure(RsaKey* key, int* size) {
    const RemoteSigner* signer = signer_of(key->id, key->idLen);
    return signer == nullptr ? BAD_FUNC_ARG : fill_in(signer->key_->public_key(), key, size);
  }
};

bool RemoteSigner::prepare() { return wc_CryptoCb_RegisterDevice(kDevice, &Device::on_request, nullptr) == 0; }

bool RemoteSigner::serve(WOLFSSL* session) {
  const Address self = this;
  byte id[sizeof self];
  std::memcpy(id, &self, sizeof self);
  return wolfSSL_use_PrivateKey_Id(session, id, sizeof id, kDevice) == WOLFSSL_SUCCESS;
}

std::optional<ByteBuffer> RemoteSigner::apply(Bytes input) {
  auto output = key_->apply(input);
  if (output) return std::move(*output);
  failure_ = output.error();
  return std::nullopt;
}

}  // namespace sallyport
