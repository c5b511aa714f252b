#include "server/audit/audit_files.hpp"

#include "server/audit/chain.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace sallyport {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNumberDigits = 12;
/// More files than any gateway keeps.
constexpr std::size_t kMaxFiles = 10'000;

/// Names beside `file` that begin with its name.
Result<std::vector<std::string>, FileError> relatives_of(const std::string& file) {
  const fs::path path{file};
  const auto name = path.filename().string();
  std::vector<std::string> found;
  std::error_code error;
  fs::directory_iterator entry{path.parent_path(), error};
  for (; !error && entry != fs::directory_iterator{} && found.size() < kMaxFiles; entry.increment(error)) {
    const auto each = entry->path().filename().string();
    if (each.starts_with(name + '.') || each.starts_with(name + '-')) found.push_back(entry->path().string());
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return fail(FileError{path.parent_path().string(), "cannot be listed: " + error.message()});
  return found;
}

/// The number of the first record in an open file, read from its beginning.
std::optional<std::uint64_t> first_record_in(int fd) {
  char text[256];
  const ssize_t n = ::pread(fd, text, sizeof text, 0);
  if (n <= 0) return std::nullopt;
  const std::string_view start{text, static_cast<std::size_t>(n)};
  constexpr std::string_view kBegin = "{\"seq\":";
  std::uint64_t number = 0;
  if (!start.starts_with(kBegin)) return std::nullopt;
  const auto read = std::from_chars(start.data() + kBegin.size(), start.data() + start.size(), number);
  return read.ec == std::errc{} ? std::optional{number} : std::nullopt;
}

/// Its name is as we write it, and its first line says the same: anybody may name a file so.
bool is_set_aside(const std::string& file, const std::string& name) {
  const auto first = first_in_name(file, name);
  if (!first || *first == 0 || name != name_set_aside(file, *first)) return false;
  const auto opened = LineFile::open(name);
  return opened && *opened && first_record_in((*opened)->fd()) == first;
}

}  // namespace

AuditPlaces audit_places(const std::string& file, const std::string& state_directory) {
  return {file, state_directory + "/audit.key", state_directory + "/audit.head", state_directory + "/audit.lock"};
}

std::string name_set_aside(const std::string& file, std::uint64_t first) {
  return fmt::format("{}.{:0{}}", file, first, kNumberDigits);
}

std::optional<std::uint64_t> first_in_name(std::string_view file, std::string_view name) {
  file.remove_prefix(file.rfind('/') + 1);
  name.remove_prefix(name.rfind('/') + 1);
  if (name.size() < file.size() + 1 + kNumberDigits || !name.starts_with(file) || name[file.size()] != '.')
    return std::nullopt;
  const auto digits = name.substr(file.size() + 1);
  std::uint64_t number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size()) return std::nullopt;
  return number;
}

Result<std::string, FileError> put_aside(const std::string& file, const std::string& wanted) {
  std::string name = wanted;
  for (unsigned number = 2; ::access(name.c_str(), F_OK) == 0; ++number) name = fmt::format("{}-{}", wanted, number);
  if (std::rename(file.c_str(), name.c_str()) == 0) return name;
  return fail(FileError{file, std::string{"cannot be renamed: "} + std::strerror(errno)});
}

Result<std::vector<std::string>, FileError> files_set_aside(const std::string& file) {
  auto names = relatives_of(file);
  if (!names) return names;
  std::erase_if(*names, [&](const std::string& name) { return !is_set_aside(file, name); });
  std::sort(names->begin(), names->end(), [&](const std::string& a, const std::string& b) {
    return std::pair{first_in_name(file, a), a} < std::pair{first_in_name(file, b), b};
  });
  return names;
}

namespace {

Result<std::vector<LineFile>, FileError> open_files(const std::string& file, bool all_must_open) {
  // First, so that it is not missed when it is set aside meanwhile.
  auto current = LineFile::open(file);
  if (!current) return fail(current.error());
  const auto names = relatives_of(file);
  if (!names) return fail(names.error());
  std::vector<std::pair<std::uint64_t, LineFile>> found;
  for (const auto& name : *names) {
    auto opened = LineFile::open(name);
    const auto in_name = first_in_name(file, name);
    if (!opened && in_name && all_must_open) return fail(opened.error());
    if (!opened || !*opened || (*current && (*opened)->is_same_file(**current))) continue;
    const auto first = in_name ? in_name : first_record_in((*opened)->fd());
    if (first) found.emplace_back(*first, std::move(**opened));
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<LineFile> files;
  for (auto& [first, each] : found) files.push_back(std::move(each));
  if (*current) files.push_back(std::move(**current));
  return files;
}

}  // namespace

Result<std::vector<LineFile>, FileError> open_audit_files(const std::string& file) { return open_files(file, true); }

Result<std::optional<Sha256Digest>, FileError> digest_of_record(const std::string& file, std::uint64_t number) {
  auto files = open_files(file, false);
  if (!files) return fail(files.error());
  const auto begin = fmt::format("{{\"seq\":{},", number);
  std::optional<Sha256Digest> found;
  for (auto each = files->rbegin(); each != files->rend() && !found; ++each) {
    const auto read = each->read([&](const FileLine& line) {
      const auto digest = line.text.starts_with(begin) ? digest_of_line(line.text) : fail(PkiError{});
      if (digest) found = *digest;
    });
    if (!read) return fail(read.error());
  }
  return found;
}

}  // namespace sallyport
