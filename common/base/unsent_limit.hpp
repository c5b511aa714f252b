#pragma once

#include "common/base/time.hpp"

#include <cstddef>

namespace sallyport {

/// How much a tunnel's socket may hold that the path has not taken yet: what leaves it within a few milliseconds.
///
/// A fixed limit is too much for a slow path, where it is delay, and too little for a fast one, where the sender runs
/// dry while its process sleeps and packets are dropped in front of a socket that is about to be empty.
class UnsentLimit {
 public:
  /// `octets` more were given to `fd`. Looks at the rate now and then, and tells the kernel when it is another one.
  void note(int fd, std::size_t octets, TimePoint now) noexcept;

  /// Octets; what tune_tunnel_socket() has set at first.
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

  static constexpr std::size_t kLeast = 128U << 10U;
  static constexpr std::size_t kMost = 2U << 20U;

 private:
  TimePoint since_{};
  std::size_t octets_ = 0;  ///< since then
  std::size_t limit_ = kLeast;
};

}  // namespace sallyport
