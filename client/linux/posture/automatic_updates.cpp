#include "client/linux/posture/collectors.hpp"
#include "client/posture/apt_config.hpp"
#include "client/posture/key_file.hpp"

#include <algorithm>
#include <array>

namespace sallyport {
namespace {

constexpr std::size_t kMaxFiles = 1'024;
constexpr const char* kAptParts = "/etc/apt/apt.conf.d/";

/// `systemctl mask` points a unit at /dev/null.
bool is_masked(const SystemRoot& root, const std::string& unit) {
  return root.link("/etc/systemd/system/" + unit) == "/dev/null";
}

bool is_enabled(const SystemRoot& root, const std::string& timer) {
  return root.link("/etc/systemd/system/timers.target.wants/" + timer).has_value() && !is_masked(root, timer);
}

/// apt reads files without an end or with .conf, in the order of their names, and none with odd letters.
bool is_part(const std::string& name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-:.";
  if (name.starts_with('.') || name.find_first_not_of(kLetters) != std::string::npos) return false;
  const auto dot = name.rfind('.');
  return dot == std::string::npos || name.substr(dot) == ".conf";
}

AptConfig apt_settings(const SystemRoot& root) {
  AptConfig config;
  for (const auto& name : root.list(kAptParts, kMaxFiles).value_or(std::vector<std::string>{})) {
    if (is_part(name)) read_apt_config(root.read(kAptParts + name).value_or(""), config);
  }
  read_apt_config(root.read("/etc/apt/apt.conf").value_or(""), config);
  return config;
}

PostureFact ask_apt(const SystemRoot& root) {
  // One fetches the lists, the other upgrades.
  const bool runs = root.is_there("/usr/bin/unattended-upgrade") && is_enabled(root, "apt-daily.timer") &&
                    is_enabled(root, "apt-daily-upgrade.timer") && !is_masked(root, "apt-daily.service") &&
                    !is_masked(root, "apt-daily-upgrade.service");
  return {runs && upgrades_itself(apt_settings(root)), "unattended-upgrades (/etc/apt/apt.conf.d)"};
}

PostureFact ask_dnf(const SystemRoot& root) {
  PostureFact fact{std::nullopt, "dnf-automatic (/etc/dnf/automatic.conf and its timers)"};
  auto text = root.read("/etc/dnf/automatic.conf");
  if (!text) text = root.read("/usr/share/dnf5/dnf5-plugins/automatic.conf");
  if (!text) return fact;
  const auto set = key_file_value(*text, "commands", "apply_updates");
  const bool applies = set && switch_of(set->text) == true;
  const bool timer = is_enabled(root, "dnf-automatic.timer") || is_enabled(root, "dnf5-automatic.timer");
  fact.value = (applies && timer) || is_enabled(root, "dnf-automatic-install.timer");
  return fact;
}

}  // namespace

PostureFact collect_automatic_updates(const SystemRoot& root) {
  if (root.is_there(kAptParts)) return ask_apt(root);
  if (root.is_there("/etc/dnf")) return ask_dnf(root);
  return {std::nullopt, "neither apt nor dnf is here"};
}

}  // namespace sallyport
