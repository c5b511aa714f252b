#pragma once

#include "common/pki/remote_key.hpp"
#include "common/pki/token.hpp"

#include <memory>

namespace sallyport {

/// A key pair whose private half is on a token. Made without asking the token, which may not be there yet.
class TokenKey final : public RemoteKey {
 public:
  /// `public_key`: of the certificate, or of a pair that the token made.
  TokenKey(std::shared_ptr<Token> token, PublicKey public_key)
      : RemoteKey{std::move(public_key)}, token_{std::move(token)} {}

 private:
  [[nodiscard]] Result<ByteBuffer, PkiError> operate(Bytes input) const override {
    return token_->apply(public_key(), input);
  }

  std::shared_ptr<Token> token_;
};

}  // namespace sallyport
