#pragma once

#include "common/base/diagnostic.hpp"
#include "common/base/result.hpp"
#include "server/policy/document.hpp"
#include "server/policy/limits.hpp"
#include "server/policy/policy.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

struct PolicyFile {
  std::string name;  ///< for messages
  std::string text;
};

struct LoadedPolicy {
  std::shared_ptr<const Policy> policy;
  std::size_t files = 0;
  std::size_t tests = 0;  ///< [[test]] blocks; all of them passed, but for read_policy()

  /// Nothing is allowed to anyone: worth telling the administrator.
  [[nodiscard]] bool is_empty() const noexcept { return policy->is_empty(); }
};

/// Loads every *.toml of `directory` (not below it) as one policy and runs its tests. A directory that is empty or
/// does not exist is the policy that denies everything. All errors of a run are returned, in order of file and line.
[[nodiscard]] Result<LoadedPolicy, Diagnostics> load_policy(const std::string& directory);

/// The same, but the tests do not run: for who wants to know what they come to, failures included.
[[nodiscard]] Result<LoadedPolicy, Diagnostics> read_policy(const std::string& directory);

/// The same as load_policy() for texts already read.
[[nodiscard]] Result<LoadedPolicy, Diagnostics> load_policy_texts(const std::vector<PolicyFile>& files);
/// The same as read_policy() for texts already read.
[[nodiscard]] Result<LoadedPolicy, Diagnostics> read_policy_texts(const std::vector<PolicyFile>& files);

/// Syntax and values only: names are not looked up, tests do not run.
[[nodiscard]] Result<PolicyDocument, Diagnostics> parse_policy(const std::vector<PolicyFile>& files);

}  // namespace sallyport
