#pragma once

#include "common/base/path_sample.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sallyport {

/// How much the other end may have on its way to us and waiting to be read.
///
/// The kernel lets that grow as long as it is taken, however long it waits: megabytes that one greedy flow fills, and
/// behind which all else of the session stands. On a short path a fixed amount carries any rate there is. A longer path
/// needs what the kernel finds out for itself, the more so while it repairs losses. Sans-IO.
class UnreadLimit {
 public:
  /// Of buffer, as SO_RCVBUF counts it; the kernel takes twice that. 8 Gbit/s on a path of a millisecond.
  static constexpr std::size_t kOctets = 704U << 10U;
  static constexpr auto kShort = std::chrono::milliseconds{1};
  /// From this round trip on the path is another one.
  static constexpr auto kLong = std::chrono::milliseconds{4};

  enum class Change : std::uint8_t { None, Set, Lift };

  /// Of a connection on which little has come so far: a buffer that has grown must not be taken away again.
  [[nodiscard]] Change begin(const PathSample& sample) noexcept {
    is_set_ = sample.least_rtt != Duration{} && sample.least_rtt < kShort;
    return is_set_ ? Change::Set : Change::None;
  }
  /// Now and then. Once lifted, it stays so.
  [[nodiscard]] Change follow(const PathSample& sample) noexcept {
    if (!is_set_ || sample.rtt < kLong) return Change::None;
    is_set_ = false;
    return Change::Lift;
  }

 private:
  bool is_set_ = false;
};

}  // namespace sallyport
