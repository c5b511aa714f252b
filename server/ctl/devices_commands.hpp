#pragma once

#include "common/pki/certificate_authority.hpp"
#include "server/ctl/ctl.hpp"
#include "server/ctl/device_notice.hpp"
#include "server/ctl/revocation.hpp"

#include <string>

namespace sallyport {

struct EnrollOptions {
  std::string user;
  std::string csr;
  std::string id;
  std::string out;
  int days = static_cast<int>(kDefaultDeviceLifetime.count());
  bool replace = false;
};
[[nodiscard]] CtlExit enroll_device(Ctl& ctl, const EnrollOptions& options);

struct AddOptions {
  std::string authority;
  std::string id;
  std::string user;
  bool replace = false;
};
[[nodiscard]] CtlExit add_device(Ctl& ctl, const AddOptions& options);

struct ImportOptions {
  std::string authority;
  std::string file;
};
[[nodiscard]] CtlExit import_devices(Ctl& ctl, const ImportOptions& options);

/// How a revocation went, in the order of its steps.
struct RevokedOnRecord {
  Result<PublishedList, std::string> list;
  DeviceNotice notice;
  bool is_recorded = false;  ///< by the gateway that cut the device off
};
/// The record first, by which the running gateway cuts the device off; then the list. The list is also written
/// again for a device that was revoked before: the last attempt may have stopped half-way. The error is words: nothing
/// has changed.
[[nodiscard]] Result<RevokedOnRecord, std::string> revoke_on_record(const GatewayConfig& config, Store& store,
                                                                    const DeviceId& device, WallTime now);

struct DeviceOptions {
  std::string id;
};
[[nodiscard]] CtlExit disable_device(Ctl& ctl, const DeviceOptions& options);
[[nodiscard]] CtlExit enable_device(Ctl& ctl, const DeviceOptions& options);
[[nodiscard]] CtlExit revoke_device(Ctl& ctl, const DeviceOptions& options);

}  // namespace sallyport
