#pragma once

#include "server/ctl/ctl.hpp"

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace sallyport {

struct PolicyOptions {
  std::string directory;  ///< empty: as the configuration says
};
/// The directory that is meant; nullopt when there is none, which was then said.
[[nodiscard]] std::optional<std::string> policy_directory(Ctl& ctl, const PolicyOptions& options);

struct ExplainOptions {
  std::string user;
  std::string device;
  std::string to;
  std::string from;
  std::string at;
  PolicyOptions files;
};
[[nodiscard]] CtlExit explain_policy(Ctl& ctl, const ExplainOptions& options);

/// Adds "report" to the verbs of `noun`. Both outlive the parse.
void add_policy_report(CLI::App& noun, Ctl& ctl);

}  // namespace sallyport
