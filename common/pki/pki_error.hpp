#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport {

/// What is wrong with a key, certificate, request or list.
enum class PkiProblem : std::uint8_t {
  Malformed,         ///< not DER or PEM of the expected kind
  Unsupported,       ///< an algorithm, version or critical extension that Sallyport does not use
  WeakKey,           ///< RSA below 2048 bits, or a curve other than P-256, P-384 and Ed25519
  BadSignature,      ///< the signature does not verify
  BadName,           ///< a device id, user, trust domain or gateway name that cannot be put into a certificate
  OutsideAuthority,  ///< the certificate authority may not issue this: other trust domain, expired, already exists
  File,              ///< a file could not be read or written
  Library,           ///< wolfCrypt failed
  BadUri,            ///< a pkcs11: URI that says too little, too much, or cannot be read
  TokenModule,       ///< there is no such PKCS#11 module, or it cannot be loaded
  TokenAbsent,       ///< the token is not plugged in, or was pulled out
  TokenAmbiguous,    ///< several tokens answer to the URI
  PinNeeded,         ///< the token wants a PIN, and there is none that may be tried
  PinWrong,          ///< it refused the PIN; this one is not tried again
  PinLocked,         ///< too many wrong PINs: it takes none any more
  KeyAbsent,         ///< it holds no key that the URI and the certificate mean
  KeyAmbiguous,      ///< it holds several
  KeyUnsuitable,     ///< a key that may not sign, or not without a PIN each time, or of a kind that is not used
  TokenSilent,       ///< it gave no answer in time
  TokenFailed,       ///< anything else that the token says no to
};

/// What is wrong with a token, by a name that stays: "token_absent". Empty for what has nothing to do with one.
[[nodiscard]] std::string_view token_reason(PkiProblem problem) noexcept;
/// Trying again from the beginning may help by itself: somebody plugs the token in.
[[nodiscard]] bool may_pass(PkiProblem problem) noexcept;

struct PkiError {
  PkiProblem problem;
  std::string words;  ///< what, where, what to do
};
/// TokenSilent, in words.
[[nodiscard]] PkiError token_is_silent();
[[nodiscard]] inline const std::string& to_string(const PkiError& error) noexcept { return error.words; }

}  // namespace sallyport
