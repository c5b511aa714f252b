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
};

struct PkiError {
  PkiProblem problem;
  std::string words;  ///< what, where, what to do
};
[[nodiscard]] inline const std::string& to_string(const PkiError& error) noexcept { return error.words; }

}  // namespace sallyport
