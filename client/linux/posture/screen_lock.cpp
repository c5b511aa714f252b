#include "client/linux/posture/collectors.hpp"
#include "client/posture/key_file.hpp"
#include "client/posture/text_lines.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr const char* kDconf = "/etc/dconf/db/";
constexpr std::size_t kMaxFiles = 1'024;

bool locks_the_key(std::string_view text) {
  bool found = false;
  for_each_line(text, [&](std::string_view line) {
    line = trimmed(line);
    found |= line == "/org/gnome/desktop/screensaver/lock-enabled" || line == "/org/gnome/desktop/screensaver/";
  });
  return found;
}

/// Whether a database locks the key. Its files take effect when dconf has compiled them to a file beside the folder.
bool is_locked(const SystemRoot& root, const std::string& folder) {
  const auto locks = folder + "/locks";
  for (const auto& name : root.list(locks, kMaxFiles).value_or(std::vector<std::string>{})) {
    if (locks_the_key(root.read(locks + '/' + name).value_or(""))) return true;
  }
  return false;
}

/// What the databases of dconf prescribe for every user.
std::optional<bool> ask_gnome(const SystemRoot& root) {
  std::optional<bool> said;
  for (const auto& database : root.list(kDconf, kMaxFiles).value_or(std::vector<std::string>{})) {
    if (!database.ends_with(".d")) continue;
    const auto folder = kDconf + database;
    if (!root.is_there(folder.substr(0, folder.size() - 2)) || !is_locked(root, folder)) continue;
    std::optional<bool> value;
    for (const auto& name : root.list(folder, kMaxFiles).value_or(std::vector<std::string>{})) {
      const auto text = root.read(folder + '/' + name).value_or("");
      if (const auto set = key_file_value(text, "org/gnome/desktop/screensaver", "lock-enabled"))
        value = switch_of(set->text);
    }
    if (value) said = said.value_or(true) && *value;
  }
  return said;
}

std::optional<bool> ask_kde(const SystemRoot& root) {
  const auto text = root.read("/etc/xdg/kscreenlockerrc");
  const auto set = text ? key_file_value(*text, "Daemon", "Autolock") : std::nullopt;
  return set && set->is_fixed ? switch_of(set->text) : std::nullopt;
}

}  // namespace

PostureFact collect_screen_lock(const SystemRoot& root) {
  const auto gnome = ask_gnome(root);
  const auto kde = ask_kde(root);
  PostureFact fact{std::nullopt, "locked settings of GNOME (/etc/dconf/db) and KDE (/etc/xdg/kscreenlockerrc)"};
  if (gnome || kde) fact.value = gnome.value_or(true) && kde.value_or(true);
  return fact;
}

}  // namespace sallyport
