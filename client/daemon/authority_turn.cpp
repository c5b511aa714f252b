#include "client/daemon/authority_turn.hpp"

#include <utility>

namespace sallyport {

AuthorityTurn::AuthorityTurn(Loop& loop, Take take, std::function<void()> when_late)
    : take_{std::move(take)}, when_late_{std::move(when_late)}, again_{loop, [this] {
                                                                         if (advance()) when_late_();
                                                                       }} {}

bool AuthorityTurn::begin(AuthorityAnnouncement announcement) {
  waiting_ = std::move(announcement);
  return advance();
}

void AuthorityTurn::drop() noexcept {
  again_.cancel();
  waiting_.reset();
}

bool AuthorityTurn::advance() {
  if (!take_(*waiting_)) {
    again_.arm(kPause);
    return false;
  }
  drop();
  return true;
}

}  // namespace sallyport
