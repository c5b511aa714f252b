#pragma once

#include "common/base/bytes.hpp"

#include <cstddef>
#include <string>

namespace sallyport {

/// AES-GCM (NIST SP 800-38D) of whole messages, as TLS 1.3 uses it. Any thread may use one at any time.
class AesGcm {
 public:
  static constexpr std::size_t kNonceSize = 12;
  static constexpr std::size_t kTagSize = 16;

  /// What goes with the octets of a message.
  struct Parameters {
    Bytes key;         ///< 16 or 32 octets
    Bytes nonce;       ///< kNonceSize octets
    Bytes associated;  ///< of any size
  };

  virtual ~AesGcm() = default;

  /// "libipsec-mb 1.3.0", as it runs.
  [[nodiscard]] virtual std::string name() const = 0;
  /// `out` has the size of `plaintext`, and may be the same memory; `tag` has kTagSize octets.
  virtual void seal(const Parameters& parameters, Bytes plaintext, MutableBytes out,
                    MutableBytes tag) const noexcept = 0;
  /// False: `tag` belongs to something else, and `out` is zeroes. Otherwise as for seal().
  [[nodiscard]] virtual bool open(const Parameters& parameters, Bytes ciphertext, Bytes tag,
                                  MutableBytes out) const noexcept = 0;

 protected:
  AesGcm() = default;
  AesGcm(const AesGcm&) = default;
  AesGcm& operator=(const AesGcm&) = default;
};

}  // namespace sallyport
