#pragma once

#include "client/enrolment/device_files.hpp"
#include "common/base/file_descriptor.hpp"
#include "common/base/result.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace sallyport {

/// A loop that carries packets waits this long at most.
inline constexpr std::chrono::milliseconds kLoopPatience{250};
inline constexpr std::chrono::milliseconds kCommandPatience{10'000};

/// Held from a look at a device's files until the change that depends on it is done: service and commands work on the
/// same files. Goes with the process, however that ends.
class DeviceLock {
 public:
  /// Nullopt: somebody else holds it. Never waits. The error is words for a person.
  [[nodiscard]] static Result<std::optional<DeviceLock>, std::string> try_take(const DeviceFiles& files);
  /// As try_take(), as long as somebody else holds it.
  [[nodiscard]] static Result<DeviceLock, std::string> take(const DeviceFiles& files,
                                                            std::chrono::milliseconds patience);

 private:
  explicit DeviceLock(FileDescriptor file) noexcept : file_{std::move(file)} {}
  FileDescriptor file_;
};

}  // namespace sallyport
