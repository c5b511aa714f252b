#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport {

enum class StoreProblem : std::uint8_t {
  Missing,           ///< there is no such file
  Untrusted,         ///< others may write the file
  Foreign,           ///< a file of another kind
  Newer,             ///< written by a later version
  Corrupt,           ///< damaged
  Busy,              ///< another process held it for too long
  Unusable,          ///< the system refuses to read or write it
  UnknownDevice,     ///< no record of this device
  NotActive,         ///< the device is disabled or revoked
  UserDisabled,      ///< the person is disabled
  AlreadyEnrolled,   ///< there is a device of this name already
  Revoked,           ///< revocation is final for this record
  Exhausted,         ///< the pool has no address left
  Conflict,          ///< the value is taken (a serial, an address)
  UnknownToken,      ///< no token hashes to this
  TokenExpired,      ///< its time is over
  TokenUsedUp,       ///< it was used as often as it may be
  TokenRevoked,      ///< an administrator took it back
  StaleCertificate,  ///< the device has a newer certificate
  Cancelled,         ///< the caller's own step failed, nothing was changed
};
/// The stable word for records: "unknown_device".
[[nodiscard]] std::string_view name_of(StoreProblem problem) noexcept;

struct StoreError {
  StoreProblem problem;
  std::string words;  ///< what, where, what to do
};
[[nodiscard]] inline const std::string& to_string(const StoreError& error) noexcept { return error.words; }

}  // namespace sallyport
