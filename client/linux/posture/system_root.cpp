#include "client/linux/posture/system_root.hpp"

#include "client/linux/posture/looks.hpp"
#include "common/base/file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

namespace sallyport {

SystemRoot SystemRoot::noting(Looks& looks) const {
  SystemRoot root{*this};
  root.looks_ = &looks;
  return root;
}

std::optional<std::string> SystemRoot::read(std::string_view path, std::size_t limit) const {
  if (looks_ != nullptr) looks_->read.emplace(path);
  auto content = read_file(at(path), limit);
  return content ? std::optional{std::move(*content)} : std::nullopt;
}

std::optional<bool> SystemRoot::exists(std::string_view path) const {
  if (looks_ != nullptr) looks_->found.emplace(path);
  struct stat status {};
  // To look must not mount anything.
  if (::fstatat(AT_FDCWD, at(path).c_str(), &status, AT_NO_AUTOMOUNT) == 0) return true;
  return errno == ENOENT || errno == ENOTDIR ? std::optional{false} : std::nullopt;
}

std::optional<std::vector<std::string>> SystemRoot::list(std::string_view path, std::size_t limit) const {
  if (looks_ != nullptr) looks_->folders.emplace(path);
  struct Close {
    void operator()(DIR* folder) const noexcept { ::closedir(folder); }
  };
  const std::unique_ptr<DIR, Close> folder{::opendir(at(path).c_str())};
  if (!folder) return std::nullopt;
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name{static_cast<const char*>(entry->d_name)};
    if (name == "." || name == "..") continue;
    if (names.size() == limit) return std::nullopt;
    names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<std::string> SystemRoot::link(std::string_view path) const {
  if (looks_ != nullptr) looks_->found.emplace(path);
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlink(at(path).c_str(), target.data(), target.size());
  if (size <= 0 || static_cast<std::size_t>(size) == target.size()) return std::nullopt;
  return std::string{target.data(), static_cast<std::size_t>(size)};
}

std::optional<std::string> SystemRoot::resolved(std::string_view path) const {
  const std::unique_ptr<char, decltype(&std::free)> full{::realpath(at(path).c_str(), nullptr), &std::free};
  if (!full) return std::nullopt;
  const std::string_view text{full.get()};
  if (!text.starts_with(root_ + '/')) return std::nullopt;
  return std::string{text.substr(root_.size())};
}

}  // namespace sallyport
