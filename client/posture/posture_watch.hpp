#pragma once

#include "common/wire/posture_wants.hpp"

#include <string>

namespace sallyport {

/// Notices that what a system would report may have changed, without looking what it is; client/linux/posture holds the
/// one for Linux. What it misses is found by the next question of the gateway. Used by one thread.
class PostureWatch {
 public:
  PostureWatch() = default;
  virtual ~PostureWatch() = default;
  PostureWatch(const PostureWatch&) = delete;
  PostureWatch& operator=(const PostureWatch&) = delete;

  /// Readable when there is something to take(). Never blocks.
  [[nodiscard]] virtual int fd() const noexcept = 0;
  struct Stir {
    bool may_have_changed = false;
    std::string problem{};  ///< what cannot be watched, for a person; each is told once
  };
  [[nodiscard]] virtual Stir take() = 0;

  /// Watches from now on, for these names too. Stirs once when it does: what happened before is not lost. Never blocks.
  virtual void follow(const PostureWants& wants) = 0;
  /// Nobody wants to know any more.
  virtual void rest() = 0;
};

}  // namespace sallyport
