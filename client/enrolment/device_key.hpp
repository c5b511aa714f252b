#pragma once

#include "common/base/result.hpp"
#include "common/pki/private_key.hpp"
#include "common/pki/token_key.hpp"

#include <map>
#include <memory>
#include <string>
#include <variant>

namespace sallyport {

struct DeviceFiles;

/// The key of this device: in a file, or on a token.
using DeviceKey = std::variant<PrivateKey, std::shared_ptr<const TokenKey>>;
[[nodiscard]] const SigningKey& signing_key(const DeviceKey& key) noexcept;

/// The tokens that keys are on, one object for each URI: a PIN that was typed counts for as long as this lives.
class Tokens {
 public:
  /// Of a pkcs11: URI; null for the path of a key file.
  [[nodiscard]] Result<std::shared_ptr<Token>, PkiError> of(const std::string& key);

 private:
  std::map<std::string, std::shared_ptr<Token>> tokens_;
};

/// A key for the next certificate of a device: a new one, where its keys are. `token`: null for files. A token's key
/// that the URI names by its id stays what it is; other pairs on tokens are noted in files.pending() before they are
/// made, so that none is lost sight of. `current`: the key in use, if there is one. `carrying`: that of the session
/// that carries the tunnel. Takes the device's lock. Destroys neither that key, nor the newest that has a certificate,
/// nor the one of before until a newer one has connected.
[[nodiscard]] Result<DeviceKey, PkiError> make_next_key(const DeviceFiles& files, const std::shared_ptr<Token>& token,
                                                        const PublicKey* current, const PublicKey* carrying = nullptr);
/// Destroys a pair that was made and that no certificate counts for, of this process or one before it that died. Takes
/// the device's lock.
[[nodiscard]] Result<void, PkiError> drop_pending_key(const DeviceFiles& files, Token& token);
/// A certificate of the pair that was made last counts now. Requires the lock.
void keep_pending_key(const DeviceFiles& files);
/// A newer pair has connected and is in its place: destroys those that never got there. Requires the lock.
[[nodiscard]] Result<void, PkiError> drop_superseded_keys(const DeviceFiles& files, Token& token);

}  // namespace sallyport
