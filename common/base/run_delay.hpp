#pragma once

#include "common/base/file_descriptor.hpp"
#include "common/base/time.hpp"

#include <sys/types.h>

#include <optional>

namespace sallyport {

/// How long a thread of this process could have run and had no processor, as the kernel counts it.
class RunDelay {
 public:
  explicit RunDelay(pid_t thread);

  /// Since the thread began; nullopt: this system does not say, or the thread is over.
  [[nodiscard]] std::optional<Duration> read() const;

 private:
  FileDescriptor file_;
};

}  // namespace sallyport
