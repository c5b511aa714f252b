#pragma once

#include "common/base/secret.hpp"
#include "common/pki/pki_error.hpp"
#include "common/pki/public_key.hpp"
#include "common/pki/token_uri.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace sallyport {

/// What a token tells of a private key.
struct KeyOnToken {
  std::optional<PublicKey> public_key;  ///< unset: the token does not tell
  ByteBuffer id;
};

/// The token that a pkcs11: URI means. Whatever goes wrong, the next call begins from nothing, so a token that comes
/// back is found again. Each call blocks for as long as the token likes, one at a time.
///
/// A PIN is offered once. One that was refused is never offered again, and one from a file never to a token that counts
/// failed tries: a few wrong PINs lock a token for good.
class Token {
 public:
  explicit Token(TokenUri uri);
  ~Token();
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;

  [[nodiscard]] const TokenUri& uri() const noexcept { return uri_; }
  /// Finds the token and logs in by a PIN that a person typed. It is kept for as long as this lives, unless the token
  /// refuses it. A token that is open already is not asked.
  [[nodiscard]] Result<void, PkiError> unlock(Secret pin);
  /// The private keys that the URI means.
  [[nodiscard]] Result<std::vector<KeyOnToken>, PkiError> keys();
  /// Leaves the token to others until the next call. The PIN stays known.
  void release();
  /// Whether apply() could be asked: the token is there and open, and holds the private half of `key`.
  [[nodiscard]] Result<void, PkiError> find(const PublicKey& key);
  /// RemoteKey::apply() by the private half of `key`.
  [[nodiscard]] Result<ByteBuffer, PkiError> apply(const PublicKey& key, Bytes input);

  /// An id for a pair that make_pair() is to make: destroy_pair() knows by it what Sallyport made.
  [[nodiscard]] static Result<ByteBuffer, PkiError> new_pair_id();
  /// A pair with the label that the URI says; `bits`: of an RSA modulus.
  [[nodiscard]] Result<PublicKey, PkiError> make_pair(KeyKind kind, unsigned bits, const ByteBuffer& id);
  /// Destroys the pair with this id, if Sallyport made it. What is not there, or not ours, is left in peace.
  [[nodiscard]] Result<void, PkiError> destroy_pair(const ByteBuffer& id);
  /// The same for the pair of this public half.
  [[nodiscard]] Result<void, PkiError> destroy_pair(const PublicKey& key);

 private:
  struct State;

  /// What is there now, even to a module that would go on showing what was there: from the beginning.
  template <class Work>
  auto with_fresh_token(const Work& work) -> decltype(work());
  /// Once more from the beginning where the first try failed with what was open before.
  template <class Work>
  auto with_token(const Work& work) -> decltype(work());
  [[nodiscard]] Result<void, PkiError> open();
  void close() noexcept;
  [[nodiscard]] Result<void, PkiError> log_in();
  [[nodiscard]] Result<Secret, PkiError> choose_pin(unsigned long flags);
  void forget_pin(const Secret& refused);

  TokenUri uri_;
  std::mutex mutex_;  ///< of all below
  Secret entered_;
  Secret refused_;  ///< the last one that the token did not take
  std::unique_ptr<State> state_;
};

}  // namespace sallyport
