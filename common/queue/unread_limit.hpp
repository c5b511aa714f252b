#pragma once

#include "common/base/path_sample.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace sallyport {

/// How much the other end may have on its way to us and waiting to be read.
///
/// The kernel lets that grow as long as it is taken, however long it waits: megabytes that one greedy flow fills, and
/// behind which all else of the session stands. On a short path a fixed amount carries any rate there is. A longer path
/// needs what the kernel finds out for itself, the more so while it repairs losses. An end that was busy answers late:
/// while little has come a path may still turn out to be short, and a round trip counts as long only beside much that
/// comes, which has its acknowledgements come with it. Sans-IO.
class UnreadLimit {
 public:
  /// Of buffer, as SO_RCVBUF counts it; the kernel takes twice that. 8 Gbit/s on a path of a millisecond.
  static constexpr std::size_t kOctets = 704U << 10U;
  static constexpr auto kShort = std::chrono::milliseconds{1};
  /// From this round trip on the path is another one.
  static constexpr auto kLong = std::chrono::milliseconds{4};

  /// Octets that came. With so few the kernel's own buffer is still smaller than ours: one that has grown must not be
  /// taken away again.
  static constexpr std::uint64_t kLittle = 128U << 10U;

  enum class Change : std::uint8_t { None, Set, Lift };

  /// At the beginning, and then now and then. Once lifted, it stays so.
  [[nodiscard]] Change follow(const PathSample& sample) noexcept {
    if (state_ == State::Open) return begin(sample);
    if (state_ != State::Set || sample.received - received_ < kLittle) return Change::None;
    received_ = sample.received;
    const bool is_long = sample.rtt >= kLong;
    if (!std::exchange(was_long_, is_long) || !is_long) return Change::None;
    state_ = State::Done;
    return Change::Lift;
  }

 private:
  enum class State : std::uint8_t { Open, Set, Done };

  [[nodiscard]] Change begin(const PathSample& sample) noexcept {
    received_ = sample.received;
    if (sample.received > kLittle) {
      state_ = State::Done;
    } else if (sample.least_rtt != Duration{} && sample.least_rtt < kShort) {
      state_ = State::Set;
      return Change::Set;
    }
    return Change::None;
  }

  State state_ = State::Open;
  std::uint64_t received_ = 0;  ///< when it was looked at last
  bool was_long_ = false;       ///< then
};

}  // namespace sallyport
