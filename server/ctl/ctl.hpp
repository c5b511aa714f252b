#pragma once

#include "common/base/time.hpp"
#include "server/config/gateway_config.hpp"
#include "server/ctl/console.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// One run of sallyportctl: what the command line said, and where to answer.
struct Ctl {
  Console console;
  WallTime now;
  std::string config_path = kDefaultGatewayConfigPath;
  /// The chosen command; empty until one is recognised.
  std::function<CtlExit()> command;
  bool is_terminal = false;  ///< somebody looks at what is said

  /// The configuration; nullopt when it is wrong, which was then said.
  [[nodiscard]] std::optional<GatewayConfig> config();
};

/// `arguments` without the program's name. Never throws.
[[nodiscard]] CtlExit run_ctl(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
                              bool is_terminal, WallTime now);

}  // namespace sallyport
