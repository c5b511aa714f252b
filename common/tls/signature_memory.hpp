#pragma once

#include "common/pki/good_signatures.hpp"

struct WOLFSSL;
struct wc_CryptoInfo;

namespace sallyport {

/// While one of these is there, the library does not compute once more what was computed before: whether the signature
/// of the certificate that `session`'s peer shows is its issuer's. What it finds good is remembered, for our own
/// judgement of the same certificate, which follows, and for the next time. ecdsa.hpp says what that is and why it may
/// be shared; any other signature is verified as ever, whoever made it, and all else that is asked of a chain is asked
/// every time. What the peer signs in its handshake is never remembered. At most one on each thread, which the
/// handshake is on.
class SignatureMemory {
 public:
  /// For the flight that the certificate is in. Of a chain only the first signature that is verified is remembered.
  SignatureMemory(WOLFSSL* session, GoodSignatures& good) noexcept;
  SignatureMemory(const SignatureMemory&) = delete;
  SignatureMemory& operator=(const SignatureMemory&) = delete;
  ~SignatureMemory();

  /// For CryptoDevice: lets the one of this thread answer what wolfSSL is about to compute. The result is the
  /// library's; CRYPTOCB_UNAVAILABLE: it is to compute.
  [[nodiscard]] static int answer(wc_CryptoInfo& request);

 private:
  void part() noexcept;

  WOLFSSL* session_;
  GoodSignatures& good_;
  int device_before_;
};

}  // namespace sallyport
