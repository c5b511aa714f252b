#pragma once

#include "common/base/file_descriptor.hpp"

#include <string>

namespace sallyport {

/// Notices that somebody changed tables, chains or rules of nftables. Elements of sets, which say nothing of walls, are
/// passed over.
class WallWatch {
 public:
  [[nodiscard]] int fd() const noexcept { return netlink_.get(); }
  /// What cannot be watched, in words; empty: it can.
  std::string follow();
  void rest() { netlink_ = FileDescriptor{}; }
  /// Whether something that matters happened.
  [[nodiscard]] bool take();

 private:
  FileDescriptor netlink_;
};

}  // namespace sallyport
