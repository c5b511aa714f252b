#pragma once

#include "client/linux/posture/system_root.hpp"
#include "client/posture/posture.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

// One collector a file. Each says true or false only of what it saw; what it cannot tell is unset.

/// /etc/os-release, /etc/debian_version and the kernel's release.
void collect_system(const SystemRoot& root, Posture& posture);

/// Whether everything that the root file system lies on is encrypted by dm-crypt.
[[nodiscard]] PostureFact collect_disk_encryption(const SystemRoot& root);

/// What `nft -j list ruleset` printed; nullopt when it could not be run.
using ReadRuleset = std::function<std::optional<std::string>()>;
[[nodiscard]] std::optional<std::string> run_nft();
/// Whether the packet filter closes this laptop to what nobody here asked for.
[[nodiscard]] PostureFact collect_firewall(const SystemRoot& root, const ReadRuleset& ruleset);

/// What GNOME's and KDE's system settings prescribe; a setting that users may change says nothing.
[[nodiscard]] PostureFact collect_screen_lock(const SystemRoot& root);

/// apt's unattended-upgrades or dnf-automatic.
[[nodiscard]] PostureFact collect_automatic_updates(const SystemRoot& root);

/// The EFI variable SecureBoot.
[[nodiscard]] PostureFact collect_secure_boot(const SystemRoot& root);

/// Whether processes of these names run as root or another system user: by the file they were started from, by the name
/// the kernel keeps, or, where it cut that and the file may not be seen, by the name they were started by.
[[nodiscard]] PostureAnswers collect_processes(const SystemRoot& root, const std::vector<std::string>& names);

/// Whether these files are there. Of what an automounter would have to mount first, nothing is said.
[[nodiscard]] PostureAnswers collect_files(const SystemRoot& root, const std::vector<std::string>& paths);

}  // namespace sallyport
