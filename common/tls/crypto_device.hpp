#pragma once

#include <string>

struct WOLFSSL;

namespace sallyport {

/// Whom wolfSSL asks before it computes something for a session itself (its "crypto callback", of which a session has
/// one). The signature of a peer's certificate is a matter of this thread's SignatureMemory, a record one of AesGcm's.
/// Everything else, and what neither of them takes, wolfSSL does.
class CryptoDevice {
 public:
  static constexpr int kId = 0x5a12;

  /// Once, before there are threads, and after wolfSSL_Init(): finds out what is faster here and whether it is right.
  [[nodiscard]] static bool prepare();
  /// The name of what seals large records; empty: wolfSSL does. After prepare().
  [[nodiscard]] static std::string bulk_cipher();

  /// Its records go by what is faster, under all keys that it agrees on from now on. Nothing happens where nothing is.
  static void serve(WOLFSSL* session) noexcept;
  /// wolfSSL alone works for it, under all keys that it agrees on from now on.
  static void leave(WOLFSSL* session) noexcept;
};

}  // namespace sallyport
