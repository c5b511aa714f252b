#include "server/policy/uncounted_files.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

namespace sallyport {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostNamed = 20;
constexpr std::size_t kMaxPath = 4096;
constexpr std::string_view kPolicyEnd = ".toml";

bool is_meant_to_lie_there(const std::string& name) {
  return name.starts_with('.') || fs::path{name}.extension() == kPolicyEnd || lower_ascii(name).starts_with("readme");
}

/// The name under which it would count: "90-deny.toml" of 90-deny.tml, 90-deny.toml.bak, 90-deny.TOML and 90-deny.
std::string counting_name(const std::string& name) {
  const auto end = lower_ascii(name).find(kPolicyEnd);
  return (end == std::string::npos ? fs::path{name}.stem().string() : name.substr(0, end)).append(kPolicyEnd);
}

std::string typed(const fs::path& path) { return shell_word(escape_untrusted(path.string(), kMaxPath)); }

Diagnostic uncounted(const fs::path& path) {
  const auto counting = path.parent_path() / counting_name(path.filename().string());
  std::error_code ignored;
  const bool is_taken = fs::exists(fs::symlink_status(counting, ignored));
  auto hint =
      is_taken ? typed(counting) + " counts beside it" : "if it is to count: mv " + typed(path) + ' ' + typed(counting);
  hint += "; if it is not needed: rm " + typed(path);
  return {path.string(), 0, 0, "does not count: its name does not end in .toml", std::move(hint)};
}

}  // namespace

Diagnostics find_uncounted_files(const std::string& directory) {
  std::vector<fs::path> paths;
  std::error_code error;
  fs::directory_iterator entry{directory, error};
  for (; !error && entry != fs::directory_iterator{}; entry.increment(error)) {
    std::error_code ignored;
    if (!is_meant_to_lie_there(entry->path().filename().string()) && !entry->is_directory(ignored))
      paths.push_back(entry->path());
  }
  std::sort(paths.begin(), paths.end());
  Diagnostics found;
  for (std::size_t i = 0; i < std::min(paths.size(), kMostNamed); ++i) found.push_back(uncounted(paths[i]));
  if (paths.size() > kMostNamed) {
    const auto rest = std::to_string(paths.size() - kMostNamed);
    found.push_back({directory, 0, 0, rest + " more files do not count: their names do not end in .toml",
                     "to see them: ls " + typed(directory)});
  }
  return found;
}

std::string to_warning(const Diagnostic& uncounted) {
  return escape_untrusted(uncounted.file, kMaxPath) + ": warning: " + uncounted.message + " (" + uncounted.hint + ')';
}

}  // namespace sallyport
