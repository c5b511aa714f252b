#pragma once

#include "common/base/file_descriptor.hpp"
#include "common/base/result.hpp"
#include "common/base/system_error.hpp"

#include <cstdint>

namespace sallyport {

/// Tells when something may have been taken away of what leads packets into a tunnel: a rule or a route of its table
/// (also by another in its place), an address, an interface that went down or away. It does not tell who did it.
class NetworkWatch {
 public:
  [[nodiscard]] static Result<NetworkWatch, SystemError> open(std::uint32_t table);

  /// Readable when take() may have something to tell.
  [[nodiscard]] int fd() const noexcept { return socket_.get(); }
  /// Reads what waits. Never waits.
  [[nodiscard]] bool take() noexcept;
  /// take() left some for the next time.
  [[nodiscard]] bool has_more() const noexcept { return has_more_; }

 private:
  NetworkWatch(FileDescriptor socket, std::uint32_t table) noexcept : socket_{std::move(socket)}, table_{table} {}

  FileDescriptor socket_;
  std::uint32_t table_;
  bool has_more_ = false;
};

}  // namespace sallyport
