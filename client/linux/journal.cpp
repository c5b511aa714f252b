#include "client/linux/journal.hpp"

#include "common/base/replace_file.hpp"

#include <nlohmann/json.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

std::optional<NetworkChanges> parse(const std::string& text) {
  const auto document = json::parse(text, nullptr, false);
  if (!document.is_object() || document.value("v", json{}) != kVersion) return std::nullopt;
  const auto list = document.find("changes");
  if (list == document.end() || !list->is_array()) return std::nullopt;
  NetworkChanges changes;
  for (const auto& element : *list) {
    auto change = network_change_from_json(element);
    if (!change) return std::nullopt;
    changes.push_back(std::move(*change));
  }
  return changes;
}

std::string serialise(const NetworkChanges& changes) {
  json list = json::array();
  for (const auto& change : changes) list.push_back(to_json(change));
  return json{{"v", kVersion}, {"changes", std::move(list)}}.dump(1) + '\n';
}

}  // namespace

Result<Journal, FileError> Journal::load(std::string path) {
  Journal journal{std::move(path)};
  struct stat status {};
  if (::lstat(journal.path_.c_str(), &status) != 0 && errno == ENOENT) return journal;
  // The same rule as for a key: who can write this file can have a root daemon delete interfaces.
  const auto text = read_secret_file(journal.path_);
  if (!text) return fail(text.error());
  // What a power cut leaves of it: the system started anew, and nothing of ours is in it.
  if (text->find_first_not_of('\0') == std::string::npos) return journal;
  auto changes = parse(*text);
  if (!changes) {
    return fail(FileError{journal.path_,
                          "is damaged, so the network changes of an earlier run cannot be undone; remove the tunnel "
                          "interface (ip link delete sallyport) and this file"});
  }
  journal.changes_ = std::move(*changes);
  return journal;
}

Result<void, FileError> Journal::replace(NetworkChanges changes) {
  if (changes.empty()) {
    if (::unlink(path_.c_str()) != 0 && errno != ENOENT) {
      return fail(FileError{path_, std::string{"cannot be removed: "} + std::strerror(errno)});
    }
    // The changes are the running system's, and gone with it: nothing waits for the disk.
  } else if (auto written = replace_file(path_, serialise(changes), 0600); !written) {
    return written;
  }
  changes_ = std::move(changes);
  return {};
}

}  // namespace sallyport
