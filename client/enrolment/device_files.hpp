#pragma once

#include "client/enrolment/device_key.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/tls/context.hpp"
#include "common/tls/device_identity.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// Where a device keeps what proves who it is.
struct DeviceFiles {
  std::string ca;
  std::string certificate;
  std::string key;  ///< a path, or the pkcs11: URI of a key on a token

  /// Key and certificate in one file, so that a new pair takes over in one step; the certificate alone where keys are
  /// on a token. While it is there, it counts, and `certificate` and `key` are those of before.
  [[nodiscard]] std::string next() const { return certificate + ".next"; }
  /// See DeviceLock.
  [[nodiscard]] std::string lock() const { return certificate + ".lock"; }
  /// The ids of pairs on the token that no certificate in its place is for; see PendingPair and docs/hardware-keys.md.
  [[nodiscard]] std::string pending() const { return certificate + ".pending"; }
  /// The keys of authorities that were let go; see RetiredKeys.
  [[nodiscard]] std::string retired() const { return ca + ".retired"; }
  [[nodiscard]] bool is_on_token() const noexcept { return TokenUri::is_one(key); }
};

/// True also for a link that leads nowhere.
[[nodiscard]] bool file_exists(const std::string& path);
/// "." when there is none.
[[nodiscard]] std::string parent_of(const std::string& path);

/// The pair that counts. `token`: of a key that is on one; it is not asked yet.
[[nodiscard]] Result<Credentials, TlsError> load_credentials(const DeviceFiles& files,
                                                             const std::shared_ptr<Token>& token = nullptr);
/// The certificate that counts.
[[nodiscard]] Result<CertificateInfo, std::string> load_certificate(const DeviceFiles& files);
/// The one in its place, whether or not a newer one counts; nullopt: there is none that can be read.
[[nodiscard]] std::optional<CertificateInfo> load_settled_certificate(const DeviceFiles& files);

/// Makes this pair the one that counts; of a key on a token, its certificate alone is written. Whenever the process
/// dies, a whole pair is left: this one or that of before.
[[nodiscard]] Result<void, std::string> store_next(const DeviceFiles& files, const DeviceKey& key,
                                                   const std::string& certificate_pem);
[[nodiscard]] Result<void, std::string> store_next(const DeviceFiles& files, const PrivateKey& key,
                                                   const std::string& certificate_pem);
/// Puts the pair of next(), when there is one, where `certificate` and `key` are. To be called once nobody needs the
/// pair of before any more, by whoever holds the lock. On a token the key of before is destroyed first, if Sallyport
/// made it: until then its certificate says which it is. Last go those that were noted and never got there.
[[nodiscard]] Result<void, std::string> settle_next(const DeviceFiles& files,
                                                    const std::shared_ptr<Token>& token = nullptr);
/// The same, and takes the lock; a pair whose certificate has another serial is somebody else's to settle and stays
/// where it is.
[[nodiscard]] Result<void, std::string> settle_next(const DeviceFiles& files, std::string_view serial_hex,
                                                    const std::shared_ptr<Token>& token = nullptr);

/// Why a renewed pair was not put in place.
struct ReplaceError {
  bool is_identity_changed = false;  ///< another pair counts than the one that was renewed
  std::string words;
};
/// store_next() for the pair that took over from the certificate of this serial, unless another one counts by now: with
/// the lock held, so that an enrolment is either seen or comes after it.
[[nodiscard]] Result<void, ReplaceError> replace_pair(const DeviceFiles& files, std::string_view serial_hex,
                                                      const DeviceKey& key, const std::string& certificate_pem);
[[nodiscard]] Result<void, ReplaceError> replace_pair(const DeviceFiles& files, std::string_view serial_hex,
                                                      const PrivateKey& key, const std::string& certificate_pem);
/// A new enrolment: its authorities and its pair, whatever counted before.
[[nodiscard]] Result<void, std::string> install_pair(const DeviceFiles& files, const std::string& ca_pem,
                                                     const DeviceKey& key, const std::string& certificate_pem,
                                                     const std::shared_ptr<Token>& token);
[[nodiscard]] Result<void, std::string> install_pair(const DeviceFiles& files, const std::string& ca_pem,
                                                     const PrivateKey& key, const std::string& certificate_pem);
/// Whether the pair that counts has the certificate of this serial.
[[nodiscard]] bool holds_certificate(const DeviceFiles& files, std::string_view serial_hex);

/// Proves that a certificate is for this key, of a device, issued by that authority and good at `now`. The error is for
/// a person.
[[nodiscard]] Result<PeerIdentity, std::string> check_identity(const std::string& certificate_pem,
                                                               const SigningKey& key, const std::string& ca_pem,
                                                               WallTime now);

}  // namespace sallyport
