#include "server/history/policy_store.hpp"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace sallyport {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;

}  // namespace

Result<std::optional<PolicyRecord>, FileError> PolicyStore::load() const {
  const auto path = record_path();
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) return std::nullopt;
  const auto text = read_secret_file(path, kMaxPolicyRecord);
  if (!text) return fail(text.error());
  auto record = PolicyRecord::parse(*text);
  if (!record) return fail(FileError{path, record.error()});
  return std::move(*record);
}

Result<void, FileError> PolicyStore::keep(const PackedPolicy& policy) const {
  if (files(policy.digest)) return {};
  if (auto made = make_directories(directory_, kDirectoryMode); !made) return made;
  return write_file_atomically(path_of(policy.digest), policy.octets, kFileMode);
}

Result<void, FileError> PolicyStore::save(const PolicyRecord& record) const {
  if (auto made = make_directories(directory_, kDirectoryMode); !made) return made;
  const auto text = record.to_text();
  if (!text) return fail(FileError{record_path(), text.error()});
  if (auto written = write_file_atomically(record_path(), *text, kFileMode); !written) return written;
  sweep(record);
  return {};
}

Result<PackedPolicy, FileError> PolicyStore::files(const PolicyDigest& digest) const {
  const auto path = path_of(digest);
  auto octets = read_secret_file(path, kMaxPackedOctets);
  if (!octets) return fail(octets.error());
  const auto found = digest_of(*octets);
  if (!found) return fail(FileError{path, found.error()});
  if (*found != digest) return fail(FileError{path, "the kept policy files are damaged"});
  return PackedPolicy{std::move(*octets), digest};
}

Result<void, FileError> PolicyStore::set_aside() const {
  const auto aside = directory_ + ".damaged";
  std::error_code error;
  fs::remove_all(aside, error);
  fs::rename(directory_, aside, error);
  if (error) return fail(FileError{directory_, "cannot be moved to " + aside + ": " + error.message()});
  return {};
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
