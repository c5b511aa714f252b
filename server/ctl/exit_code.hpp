#pragma once

namespace sallyport {

/// What the shell learns from sallyportctl.
enum class CtlExit : int {
  Ok = 0,
  Failed = 1,
  Usage = 2,
  NotRunning = 3,
  NotPermitted = 4,
  Damaged = 5,  ///< audit verify: a line is bad
};

}  // namespace sallyport
