#pragma once

#include "common/base/file_descriptor.hpp"

#include <array>

namespace sallyport {

/// Whether new interfaces get IPv6. Asked anew each time, of files that stay open.
class Ipv6Switch {
 public:
  [[nodiscard]] bool is_on() noexcept;

 private:
  std::array<FileDescriptor, 2> files_;
};

}  // namespace sallyport
