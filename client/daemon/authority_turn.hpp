#pragma once

#include "common/uv/loop.hpp"
#include "common/uv/timer.hpp"
#include "common/wire/authorities.hpp"

#include <chrono>
#include <functional>
#include <optional>

namespace sallyport {

/// What a session's gateway announced of authorities, until somebody else is done with the device's files: a token may
/// take long to make a key, and no packet waits for that. Lives on one loop's thread.
class AuthorityTurn {
 public:
  /// False: not now.
  using Take = std::function<bool(const AuthorityAnnouncement&)>;
  /// `when_late`: take() said true, but not at once. It may destroy whatever it likes but this.
  AuthorityTurn(Loop& loop, Take take, std::function<void()> when_late);

  /// At once, and whenever it is worth another try until it is taken; in place of one that waits. False: it waits.
  [[nodiscard]] bool begin(AuthorityAnnouncement announcement);
  /// Its session is over.
  void drop() noexcept;

 private:
  static constexpr std::chrono::milliseconds kPause{250};

  [[nodiscard]] bool advance();

  Take take_;
  std::function<void()> when_late_;
  Timer again_;
  std::optional<AuthorityAnnouncement> waiting_;
};

}  // namespace sallyport
