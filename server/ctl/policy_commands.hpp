#pragma once

#include "server/ctl/ctl.hpp"
#include "server/policy/loader.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

class Command;

struct PolicyOptions {
  std::string directory;  ///< empty: as the configuration says
};
/// The directory that is meant; nullopt when there is none, which was then said. `otherwise` says how to name one where
/// no gateway's configuration does.
inline constexpr const char* kNameDirectory = "name a directory: sallyportctl policy check DIR";
[[nodiscard]] std::optional<std::string> policy_directory(Ctl& ctl, const PolicyOptions& options,
                                                          const char* otherwise = kNameDirectory);
/// The gateway's configuration; nullopt when there is none or it is wrong, which was then said.
[[nodiscard]] std::optional<GatewayConfig> policy_config(Ctl& ctl, const char* otherwise);

/// Notes what lies in `directory` and is no part of the policy.
void warn_of_uncounted_files(Ctl& ctl, const std::string& directory);
/// The files whose tests are yet to run; nullopt when they do not load, which was then said.
[[nodiscard]] std::optional<LoadedPolicy> load_untested(Ctl& ctl, const std::string& directory);
/// The same for a question about a policy, which is answered also when tests of it fail; that is then noted.
struct AskedPolicy {
  LoadedPolicy loaded;
  std::size_t failed_tests = 0;
};
[[nodiscard]] std::optional<AskedPolicy> load_asked(Ctl& ctl, const std::string& directory);
/// {"directory", "hash", "rules", "files", "tests", "empty"}
[[nodiscard]] nlohmann::json document_of(const LoadedPolicy& loaded, const std::string& directory);

struct CheckOptions {
  PolicyOptions files;
  bool strict = false;
};
[[nodiscard]] CtlExit check_policy(Ctl& ctl, const CheckOptions& options);

struct TestOptions {
  PolicyOptions files;
  bool tap = false;
};
[[nodiscard]] CtlExit test_policy(Ctl& ctl, const TestOptions& options);

struct ExplainOptions {
  std::string user;
  std::string device;
  std::string to;
  std::string from;
  std::string at;
  std::vector<std::string> posture;
  std::string proof;
  std::string key;
  std::string revocation;
  PolicyOptions files;
};
[[nodiscard]] CtlExit explain_policy(Ctl& ctl, const ExplainOptions& options);

struct WhoOptions {
  std::string to;
  std::string at;
  PolicyOptions files;
};
[[nodiscard]] CtlExit who_reaches_target(Ctl& ctl, const WhoOptions& options);

struct DiffOptions {
  std::string before;
  std::string after;  ///< empty: `before` is the new one, and the configured one the old
  bool exit_code = false;
};
[[nodiscard]] CtlExit diff_policies(Ctl& ctl, const DiffOptions& options);

/// Adds "report" to the verbs of `noun`. Both outlive the parse.
void add_policy_report(Command noun, Ctl& ctl);

}  // namespace sallyport
