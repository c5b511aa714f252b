#pragma once

#include <pthread.h>

#include <csignal>

namespace sallyport {

/// As long as this lives, the thread that made it takes no signals, nor do threads that it starts meanwhile, for as
/// long as they run: signals are the loop's business.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace sallyport
