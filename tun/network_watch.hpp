#pragma once

#include "common/base/file_descriptor.hpp"
#include "common/base/result.hpp"
#include "common/base/system_error.hpp"

#include <cstdint>
#include <string>
#include <utility>

struct nlmsghdr;

namespace sallyport {

/// Tells when something may have been taken away of what leads packets into a tunnel: a rule or a route of its table
/// (also by another in its place), an address, an interface that went down or away, the mark of the one it looks after.
/// It does not tell who did it.
class NetworkWatch {
 public:
  [[nodiscard]] static Result<NetworkWatch, SystemError> open(std::uint32_t table);

  /// From now on an alias of `interface` other than `mark` is a loss, too.
  void look_after(const std::string& interface, std::string mark);

  /// Readable when take() may have something to tell.
  [[nodiscard]] int fd() const noexcept { return socket_.get(); }
  /// Reads what waits. Never waits.
  [[nodiscard]] bool take() noexcept;
  /// take() left some for the next time.
  [[nodiscard]] bool has_more() const noexcept { return has_more_; }

 private:
  NetworkWatch(FileDescriptor socket, std::uint32_t table) noexcept : socket_{std::move(socket)}, table_{table} {}

  [[nodiscard]] bool takes_away(nlmsghdr* message) const noexcept;
  [[nodiscard]] bool is_lost(nlmsghdr* link) const noexcept;

  FileDescriptor socket_;
  std::uint32_t table_;
  int interface_ = 0;  ///< index; 0: none
  std::string mark_;
  bool has_more_ = false;
};

}  // namespace sallyport
