#pragma once

#include "server/ctl/ctl.hpp"

#include <string>

namespace sallyport {

struct UserOptions {
  std::string user;
  bool replace = false;
};

[[nodiscard]] CtlExit enroll_totp(Ctl& ctl, const UserOptions& options);
[[nodiscard]] CtlExit show_totp(Ctl& ctl, const UserOptions& options);
[[nodiscard]] CtlExit reset_totp(Ctl& ctl, const UserOptions& options);

}  // namespace sallyport
