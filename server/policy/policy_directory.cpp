#include "server/policy/policy_directory.hpp"

#include "common/base/file.hpp"
#include "server/policy/limits.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace sallyport {
namespace {

Diagnostic about(const std::string& path, std::string message) { return {path, 0, 0, std::move(message), {}}; }

/// Files and links to files that count as policy.
Result<std::vector<std::string>, Diagnostics> policy_paths(const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code error;
  std::filesystem::directory_iterator entry{directory, error};
  if (error == std::errc::no_such_file_or_directory) return paths;
  for (; !error && entry != std::filesystem::directory_iterator{}; entry.increment(error)) {
    const auto& path = entry->path();
    const bool is_policy = path.extension() == ".toml" && !path.filename().string().starts_with('.');
    if (is_policy) paths.push_back(path.string());
  }
  if (error) return fail(Diagnostics{about(directory, "cannot be read: " + error.message())});
  if (paths.size() > kMaxPolicyFiles)
    return fail(Diagnostics{about(directory, "holds more than " + std::to_string(kMaxPolicyFiles) + " policy files")});
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// A name is printed beside everything that is said of its file.
bool has_control_characters(const std::string& name) {
  return std::any_of(name.begin(), name.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Result<std::string, FileError> read_trusted(const std::string& path) {
  if (has_control_characters(std::filesystem::path{path}.filename().string()))
    return fail(FileError{path, "its name holds control characters; rename it"});
  if (auto trusted = require_trusted_path(path); !trusted) return fail(trusted.error());
  auto text = read_file(path, kMaxPolicyFileSize);
  // Root, who checked it, may read everything.
  if (!text && ::access(path.c_str(), R_OK) != 0 && errno == EACCES)
    return fail(
        FileError{path, text.error().message + "; the gateway's user must be able to read it: chmod a+r " + path});
  return text;
}

}  // namespace

Result<std::vector<PolicyFile>, Diagnostics> read_policy_directory(const std::string& directory) {
  const auto paths = policy_paths(directory);
  if (!paths) return fail(paths.error());
  std::error_code ignored;
  const bool exists = std::filesystem::exists(directory, ignored);
  Diagnostics errors;
  const auto trusted = exists ? require_trusted_path(directory) : Result<void, FileError>{};
  if (!trusted) errors.push_back(about(directory, trusted.error().message));
  std::vector<PolicyFile> files;
  for (const auto& path : *paths) {
    auto text = read_trusted(path);
    if (text)
      files.push_back({path, std::move(*text)});
    else
      errors.push_back(about(path, text.error().message));
  }
  if (!errors.empty()) return fail(std::move(errors));
  return files;
}

}  // namespace sallyport
