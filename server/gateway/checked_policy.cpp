#include "server/gateway/checked_policy.hpp"

#include "server/history/policy_install.hpp"
#include "server/policy/policy_directory.hpp"

#include <sys/stat.h>

#include <utility>

namespace sallyport {
namespace {

constexpr int kReadings = 3;

auto fail_about(std::string file, std::string message, std::string hint = {}) {
  return fail(Diagnostics{{std::move(file), 0, 0, std::move(message), std::move(hint)}});
}

/// What changes with the names in a directory and with their files.
struct DirectoryState {
  dev_t device = 0;
  ino_t inode = 0;
  timespec changed{};

  friend bool operator==(const DirectoryState& a, const DirectoryState& b) noexcept {
    return a.device == b.device && a.inode == b.inode && a.changed.tv_sec == b.changed.tv_sec &&
           a.changed.tv_nsec == b.changed.tv_nsec;
  }
};

DirectoryState state_of(const std::string& directory) noexcept {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_ctim};
}

bool may_read(const std::string& directory, const std::optional<PolicyDigest>& expected) {
  return !is_half_installed(directory) || (expected && digest_under_way(directory) == expected);
}

auto fail_half_installed(const std::string& directory) {
  return fail_about(directory + '/' + kInstallMarker, "sallyportctl policy apply is under way or was cut short here",
                    "run it again with the same files; those from before are in " + directory + '/' + kBeforeApply +
                        ". Or put the files right and remove this one");
}

Result<PolicyFiles, Diagnostics> read_once(const std::string& directory) {
  auto texts = read_policy_directory(directory);
  if (!texts) return fail(texts.error());
  auto packed = pack_policy(*texts);
  if (!packed) return fail_about(directory, packed.error());
  return PolicyFiles{std::move(*texts), std::move(*packed)};
}

}  // namespace

Result<PolicyFiles, Diagnostics> read_policy_files(const std::string& directory,
                                                   const std::optional<PolicyDigest>& expected) {
  for (int reading = 0; reading < kReadings; ++reading) {
    const auto before = state_of(directory);
    if (!may_read(directory, expected)) return fail_half_installed(directory);
    auto files = read_once(directory);
    // Else the first of these files may be of one policy and the last of another.
    if (!may_read(directory, expected)) return fail_half_installed(directory);
    if (!(state_of(directory) == before)) continue;
    if (!files || !expected || files->packed.digest == *expected) return files;
    return fail_about(directory, "holds other files than those that were to be applied",
                      "somebody changed it meanwhile; look at it and apply again");
  }
  return fail_about(directory, "its files change all the time", "try again when whoever changes them is done");
}

Result<CheckedPolicy, Diagnostics> check_policy(PolicyFiles files) {
  auto policy = load_policy_texts(files.texts);
  if (!policy) return fail(policy.error());
  return CheckedPolicy{std::move(*policy), std::move(files.packed)};
}

Result<CheckedPolicy, Diagnostics> check_version(const PolicyStore& store, const PolicyVersion& version) {
  const std::string name = "version-" + to_string(version.restores.value_or(version.number));
  auto packed = store.files(version.digest);
  if (!packed) return fail_about(packed.error().path, packed.error().message);
  auto texts = unpack_policy(packed->octets, name + '/');
  if (!texts) return fail_about(name, texts.error());
  return check_policy({std::move(*texts), std::move(*packed)});
}

}  // namespace sallyport
