#pragma once

#include "server/history/policy_store.hpp"
#include "server/policy/loader.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// A policy that loads and passes its own tests, and the files it was made of.
struct CheckedPolicy {
  LoadedPolicy policy;
  PackedPolicy files;
};

/// Policy files as they lie in a directory, not looked into yet.
struct PolicyFiles {
  std::vector<PolicyFile> texts;
  PackedPolicy packed;
};

/// As they were at one moment. A directory that is marked as under way is read only for somebody who expects just the
/// files that the marker names; who expects files gets no others.
[[nodiscard]] Result<PolicyFiles, Diagnostics> read_policy_files(const std::string& directory,
                                                                 const std::optional<PolicyDigest>& expected = {});

[[nodiscard]] Result<CheckedPolicy, Diagnostics> check_policy(PolicyFiles files);

/// A version of the history, from the files kept of it. They are called "version-7/10-company.toml".
[[nodiscard]] Result<CheckedPolicy, Diagnostics> check_version(const PolicyStore& store, const PolicyVersion& version);

}  // namespace sallyport
