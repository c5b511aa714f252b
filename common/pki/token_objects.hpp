#pragma once

// Only the token files of common/pki include this.
#include "common/pki/pkcs11_modules.hpp"
#include "common/pki/public_key.hpp"

#include <optional>

namespace sallyport {

/// A session with a token; closed when it goes. Who is logged in counts for all sessions of this process.
class TokenSession {
 public:
  /// `may_write`: for what makes and destroys objects.
  [[nodiscard]] static Result<TokenSession, PkiError> open(const TokenPlace& place, bool may_write);
  TokenSession(TokenSession&& other) noexcept;
  TokenSession& operator=(TokenSession&&) = delete;
  ~TokenSession();

  /// As far as the module knows.
  [[nodiscard]] bool is_logged_in() const noexcept;
  [[nodiscard]] CK_FUNCTION_LIST* module() const noexcept { return module_; }
  [[nodiscard]] CK_SESSION_HANDLE handle() const noexcept { return handle_; }

 private:
  TokenSession(CK_FUNCTION_LIST* module, CK_SESSION_HANDLE handle) noexcept : module_{module}, handle_{handle} {}
  CK_FUNCTION_LIST* module_;
  CK_SESSION_HANDLE handle_;
};

/// A private key on a token.
struct TokenObject {
  CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
  std::optional<PublicKey> public_key{};  ///< unset: the token does not tell
  ByteBuffer id{};
  bool may_sign = false;
  bool asks_each_time = false;  ///< its PIN for every signature
};

/// Private keys with that label and id, where they are not empty.
[[nodiscard]] Result<std::vector<TokenObject>, PkiError> find_private_keys(const TokenSession& session,
                                                                           const std::string& label, Bytes id);

struct PairWishes {
  KeyKind kind = KeyKind::P256;  ///< or P384, Rsa
  unsigned bits = 2048;          ///< of an RSA modulus
  std::string label;
  ByteBuffer id;
};
/// A key pair that the token makes and keeps: the private half can be neither read nor copied.
[[nodiscard]] Result<PublicKey, PkiError> make_key_pair(const TokenSession& session, const PairWishes& wishes);
/// Destroys what has this id: private key, public key. Nothing there is no error.
[[nodiscard]] Result<void, PkiError> destroy_key_pair(const TokenSession& session, Bytes id);

/// The bare operation of RemoteKey::apply().
[[nodiscard]] Result<ByteBuffer, PkiError> sign_on_token(const TokenSession& session, CK_OBJECT_HANDLE key,
                                                         KeyKind kind, Bytes input);

}  // namespace sallyport
