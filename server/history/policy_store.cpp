#include "server/history/policy_store.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

namespace sallyport {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr int kMostSetAside = 9;

HistoryError damage(const std::string& path, std::string message) {
  return HistoryError{FileError{path, std::move(message)}, true};
}

bool is_missing(const std::string& path) noexcept {
  struct stat status {};
  return ::lstat(path.c_str(), &status) != 0 && errno == ENOENT;
}

}  // namespace

Result<std::optional<PolicyRecord>, HistoryError> PolicyStore::load() const {
  const auto path = record_path();
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 && errno == ENOENT) {
    if (holds_policies()) return fail(damage(path, "is missing, and the policies that it spoke of are there"));
    return std::nullopt;
  }
  // Longer ones are no record, and not read for that.
  if (S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) > kMaxPolicyRecord)
    return fail(damage(path, "is too large for a record of policy versions"));
  const auto text = read_secret_file(path, kMaxPolicyRecord);
  if (!text) return fail(HistoryError{text.error(), false});
  auto record = PolicyRecord::parse(*text);
  if (!record) return fail(damage(path, record.error()));
  return std::move(*record);
}

Result<void, FileError> PolicyStore::keep(const PackedPolicy& policy) const {
  if (files(policy.digest)) return {};
  if (auto made = make_directories(directory_, kDirectoryMode); !made) return made;
  // A record comes first, an empty one if need be: policies without any are a sign of damage.
  if (is_missing(record_path()) && !holds_policies()) {
    if (auto begun = save(PolicyRecord{}); !begun) return begun;
  }
  return write_file_atomically(path_of(policy.digest), policy.octets, kFileMode);
}

Result<void, FileError> PolicyStore::save(const PolicyRecord& record) const {
  if (auto made = make_directories(directory_, kDirectoryMode); !made) return made;
  const auto text = record.to_text();
  if (!text) return fail(FileError{record_path(), text.error()});
  // Policies whose record is lost are all that is left of the history.
  const bool may_sweep = !is_missing(record_path());
  if (auto written = write_file_atomically(record_path(), *text, kFileMode); !written) return written;
  if (may_sweep) sweep(record);
  return {};
}

Result<PackedPolicy, HistoryError> PolicyStore::files(const PolicyDigest& digest) const {
  const auto path = path_of(digest);
  auto octets = read_secret_file(path, kMaxPackedOctets);
  if (!octets) return fail(HistoryError{octets.error(), is_missing(path)});
  const auto found = digest_of(*octets);
  if (!found) return fail(HistoryError{FileError{path, found.error()}, false});
  if (*found != digest) return fail(damage(path, "the kept policy files are damaged"));
  return PackedPolicy{std::move(*octets), digest};
}

Result<void, FileError> PolicyStore::set_aside() const {
  auto aside = directory_ + ".damaged";
  for (int i = 2; i <= kMostSetAside && !is_missing(aside); ++i) aside = directory_ + ".damaged-" + std::to_string(i);
  if (!is_missing(aside)) return fail(FileError{aside, "is one too many; look at them and remove them"});
  std::error_code error;
  fs::rename(directory_, aside, error);
  if (error) return fail(FileError{directory_, "cannot be moved to " + aside + ": " + error.message()});
  return {};
}

bool PolicyStore::holds_policies() const {
  std::error_code error;
  for (fs::directory_iterator entry{directory_, error}; !error && entry != fs::directory_iterator{};
       entry.increment(error)) {
    if (is_policy_digest(entry->path().filename().string())) return true;
  }
  return false;
}

/// What is left over costs room only: no failure here matters.
void PolicyStore::sweep(const PolicyRecord& record) const {
  std::error_code error;
  std::vector<fs::path> unneeded;
  for (fs::directory_iterator entry{directory_, error}; !error && entry != fs::directory_iterator{};
       entry.increment(error)) {
    // A temporary file of a write that a crash cut short is named after the file it was to become.
    const auto name = entry->path().filename().string();
    if (name != "record" && !record.needs(PolicyDigest{name})) unneeded.push_back(entry->path());
  }
  for (const auto& path : unneeded) fs::remove(path, error);
}

}  // namespace sallyport
