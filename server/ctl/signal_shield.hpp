#pragma once

#include <csignal>

namespace sallyport {

/// While it lives, signals that end a program by hand (Ctrl-C, a terminal that closes) wait. One thread.
class SignalShield {
 public:
  SignalShield() noexcept {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP}) ::sigaddset(&signals, number);
    ::pthread_sigmask(SIG_BLOCK, &signals, &before_);
  }
  ~SignalShield() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalShield(const SignalShield&) = delete;
  SignalShield& operator=(const SignalShield&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace sallyport
