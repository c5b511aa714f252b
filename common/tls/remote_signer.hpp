#pragma once

#include "common/pki/remote_key.hpp"

#include <memory>
#include <optional>

struct WOLFSSL;

namespace sallyport {

/// Signs one session's handshake by a key that is elsewhere. The library knows its address: it never moves, and
/// outlives the session.
class RemoteSigner {
 public:
  explicit RemoteSigner(std::shared_ptr<const RemoteKey> key) noexcept : key_{std::move(key)} {}
  RemoteSigner(const RemoteSigner&) = delete;
  RemoteSigner& operator=(const RemoteSigner&) = delete;

  /// Once, before there are threads: tells the library whom to ask.
  [[nodiscard]] static bool prepare();
  /// The session signs by this from now on. False: the library does not take it.
  [[nodiscard]] bool serve(WOLFSSL* session);

  /// Why the key did not sign.
  [[nodiscard]] const std::optional<PkiError>& failure() const noexcept { return failure_; }

 private:
  struct Device;  ///< the library's callback
  [[nodiscard]] std::optional<ByteBuffer> apply(Bytes input);

  std::shared_ptr<const RemoteKey> key_;
  std::optional<PkiError> failure_;
};

}  // namespace sallyport
