#include "server/gateway/checked_policy.hpp"

#include "server/history/policy_install.hpp"
#include "server/policy/policy_directory.hpp"

#include <utility>

namespace sallyport {
namespace {

auto fail_about(std::string file, std::string message) {
  return fail(Diagnostics{{std::move(file), 0, 0, std::move(message), {}}});
}

}  // namespace

Result<PolicyFiles, Diagnostics> read_policy_files(const std::string& directory) {
  if (is_half_installed(directory)) {
    return fail_about(directory + '/' + kInstallMarker,
                      "sallyportctl policy apply was cut short here; run it again with the same files, or put the "
                      "files right and remove this one");
  }
  auto texts = read_policy_directory(directory);
  if (!texts) return fail(texts.error());
  auto packed = pack_policy(*texts);
  if (!packed) return fail_about(directory, packed.error());
  return PolicyFiles{std::move(*texts), std::move(*packed)};
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
