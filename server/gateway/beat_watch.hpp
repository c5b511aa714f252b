#pragma once

#include <cstdint>

namespace sallyport {

/// Notices that a thread has stopped answering. It is asked once a turn, and counts its answers. Turns are counted, not
/// time: a machine that stood still as a whole has missed none. Pure.
class BeatWatch {
 public:
  /// Turns without an answer after which nothing more is expected.
  static constexpr unsigned kMost = 10;

  /// Once a turn, with what was answered in all: whether it is to be asked again. It is while no answer is due.
  [[nodiscard]] bool turn(std::uint64_t answered) noexcept {
    if (answered < asked_) {
      ++missed_;
      return false;
    }
    missed_ = 0;
    ++asked_;
    return true;
  }
  [[nodiscard]] bool is_silent() const noexcept { return missed_ >= kMost; }

 private:
  std::uint64_t asked_ = 0;
  unsigned missed_ = 0;
};

}  // namespace sallyport
