#pragma once

#include "server/ctl/ctl.hpp"

#include <string>

namespace sallyport {

struct UserOptions {
  std::string user;
  bool replace = false;
};

/// "users disable", "users enable".
struct UserStateOptions {
  std::string user;
  std::string reason;
};
[[nodiscard]] CtlExit disable_user(Ctl& ctl, const UserStateOptions& options);
[[nodiscard]] CtlExit enable_user(Ctl& ctl, const UserStateOptions& options);

[[nodiscard]] CtlExit enroll_totp(Ctl& ctl, const UserOptions& options);
[[nodiscard]] CtlExit show_totp(Ctl& ctl, const UserOptions& options);
[[nodiscard]] CtlExit reset_totp(Ctl& ctl, const UserOptions& options);

}  // namespace sallyport
