#pragma once

#include "server/ctl/ctl.hpp"

#include <string>

namespace sallyport {

struct ExplainCodeOptions {
  std::string code;
};
[[nodiscard]] CtlExit explain_code(Ctl& ctl, const ExplainCodeOptions& options);

}  // namespace sallyport
