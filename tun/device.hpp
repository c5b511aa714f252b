#pragma once

#include "common/base/bytes.hpp"
#include "common/base/file_descriptor.hpp"
#include "common/base/result.hpp"
#include "common/base/system_error.hpp"

#include <cstddef>
#include <string>

namespace sallyport {

struct TunOptions {
  bool multi_queue = false;  ///< open() may be called again with the same name, once per worker
  bool persist = false;      ///< the interface outlives the process
};

/// One queue of a TUN interface: whole IP packets, no header in front. Non-blocking.
class TunDevice {
 public:
  /// Makes the interface or joins it. `name` is at most 15 characters; "%d" in it becomes a free number.
  [[nodiscard]] static Result<TunDevice, SystemError> open(const std::string& name, const TunOptions& options = {});

  /// One packet into `out`, 0 when none waits. A packet longer than `out` is cut: give it the MTU or more.
  [[nodiscard]] Result<std::size_t, SystemError> read(MutableBytes out) noexcept;

  /// False when the kernel did not take the packet (queue full, interface down): it is lost, as on any wire.
  [[nodiscard]] bool write(Bytes packet) noexcept;

  [[nodiscard]] Result<void, SystemError> set_persistent(bool persistent);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

 private:
  TunDevice(FileDescriptor fd, std::string name) noexcept : fd_{std::move(fd)}, name_{std::move(name)} {}

  FileDescriptor fd_;
  std::string name_;
};

}  // namespace sallyport
