#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/tls/context.hpp"
#include "common/tls/device_identity.hpp"

#include <string>
#include <string_view>

namespace sallyport {

/// Where a device keeps what proves who it is.
struct DeviceFiles {
  std::string ca;
  std::string certificate;
  std::string key;

  /// Key and certificate in one file, so that a new pair takes over in one step. While it is there, it counts, and
  /// `certificate` and `key` are those of before.
  [[nodiscard]] std::string next() const { return certificate + ".next"; }
  /// See DeviceLock.
  [[nodiscard]] std::string lock() const { return certificate + ".lock"; }
};

/// True also for a link that leads nowhere.
[[nodiscard]] bool file_exists(const std::string& path);
/// "." when there is none.
[[nodiscard]] std::string parent_of(const std::string& path);

/// The pair that counts.
[[nodiscard]] Result<Credentials, TlsError> load_credentials(const DeviceFiles& files);

/// Makes this pair the one that counts. Whenever the process dies, a whole pair is left: this one or that of before.
[[nodiscard]] Result<void, std::string> store_next(const DeviceFiles& files, const PrivateKey& key,
                                                   const std::string& certificate_pem);
/// Puts the pair of next(), when there is one, where `certificate` and `key` are. To be called once nobody needs the
/// pair of before any more, by whoever holds the lock.
[[nodiscard]] Result<void, std::string> settle_next(const DeviceFiles& files);
/// The same, and takes the lock; a pair whose certificate has another serial is somebody else's to settle and stays
/// where it is.
[[nodiscard]] Result<void, std::string> settle_next(const DeviceFiles& files, std::string_view serial_hex);

/// Why a renewed pair was not put in place.
struct ReplaceError {
  bool is_identity_changed = false;  ///< another pair counts than the one that was renewed
  std::string words;
};
/// store_next() for the pair that took over from the certificate of this serial, unless another one counts by now: with
/// the lock held, so that an enrolment is either seen or comes after it.
[[nodiscard]] Result<void, ReplaceError> replace_pair(const DeviceFiles& files, std::string_view serial_hex,
                                                      const PrivateKey& key, const std::string& certificate_pem);
/// A new enrolment: its authorities and its pair, whatever counted before.
[[nodiscard]] Result<void, std::string> install_pair(const DeviceFiles& files, const std::string& ca_pem,
                                                     const PrivateKey& key, const std::string& certificate_pem);
/// Whether the pair that counts has the certificate of this serial.
[[nodiscard]] bool holds_certificate(const DeviceFiles& files, std::string_view serial_hex);

/// Proves that a certificate is for this key, of a device, issued by that authority and good at `now`. The error is for
/// a person.
[[nodiscard]] Result<PeerIdentity, std::string> check_identity(const std::string& certificate_pem,
                                                               const PrivateKey& key, const std::string& ca_pem,
                                                               WallTime now);

}  // namespace sallyport
