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
  /// The same beside sparse flows.
  static constexpr std::size_t kHastyOctets = kOctets / 2;
  /// Before the buffer shrinks, offered to the other end ahead of what has come: with kLittle unread that fits.
  static constexpr std::size_t kHastyOffer = 512U << 10U;
  static constexpr auto kShort = std::chrono::milliseconds{1};
  /// From this round trip on the path is another one.
  static constexpr auto kLong = std::chrono::milliseconds{4};

  /// Octets that came. With so few the kernel's own buffer is still smaller than ours: one that has grown must not be
  /// taken away again.
  static constexpr std::uint64_t kLittle = 128U << 10U;

  /// Shrink: to kHastyOctets. Widen: from there, or from what hasten() set, to what is usual; Lift holds for that, too.
  enum class Change : std::uint8_t { None, Set, Shrink, Widen, Lift };

  /// At the beginning, and then now and then. Once lifted, it stays so.
  [[nodiscard]] Change follow(const PathSample& sample, bool is_hasty = false) noexcept {
    if (state_ == State::Open) return begin(sample);
    if (state_ != State::Set) return Change::None;
    if (const Change change = follow_haste(sample, is_hasty); change != Change::None) return change;
    if (sample.received - received_ < kLittle) return Change::None;
    received_ = sample.received;
    const bool is_long = sample.rtt >= kLong;
    if (!std::exchange(was_long_, is_long) || !is_long) return Change::None;
    state_ = State::Done;
    return Change::Lift;
  }

  /// True: kHastyOffer holds from now on, and follow() says what comes next.
  [[nodiscard]] bool hasten() noexcept {
    if (state_ != State::Set || width_ != Width::Usual) return false;
    width_ = Width::Narrowed;
    return true;
  }

 private:
  enum class State : std::uint8_t { Open, Set, Done };
  /// While it is narrowed or settling, what was offered before may still come.
  enum class Width : std::uint8_t { Usual, Narrowed, Settling, Small };

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

  [[nodiscard]] Change follow_haste(const PathSample& sample, bool is_hasty) noexcept {
    if (width_ == Width::Usual) return Change::None;
    if (!is_hasty) {
      width_ = Width::Usual;
      return Change::Widen;
    }
    if (width_ == Width::Narrowed) {
      width_ = Width::Settling;
      narrowed_ = sample.received;
    } else if (width_ == Width::Settling && sample.received - narrowed_ >= 4 * kOctets && sample.unread <= kLittle) {
      width_ = Width::Small;
      return Change::Shrink;
    }
    return Change::None;
  }

  State state_ = State::Open;
  Width width_ = Width::Usual;
  bool was_long_ = false;       ///< when it was looked at last
  std::uint64_t received_ = 0;  ///< then
  std::uint64_t narrowed_ = 0;  ///< had come soon after less was offered
};

}  // namespace sallyport
