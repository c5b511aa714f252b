#include "client/linux/posture/file_watch.hpp"

#include "client/linux/posture/path_walk.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

constexpr std::uint32_t kEvents = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB |
                                  IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;
/// The folder itself is not what it was, or events were lost.
constexpr std::uint32_t kOfFolder = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_Q_OVERFLOW;
/// More than the fixed places and kMaxPostureWants paths have.
constexpr std::size_t kMaxFolders = 1'024;

/// The kernel tells no events there.
bool is_silent(std::string_view folder) {
  constexpr std::array<std::string_view, 3> kSilent{"/proc", "/sys", "/dev"};
  return std::any_of(kSilent.begin(), kSilent.end(), [&](std::string_view each) {
    return folder.starts_with(each) && (folder.size() == each.size() || folder[each.size()] == '/');
  });
}

}  // namespace

std::string FileWatch::follow(const Looks& looks) {
  const auto mounts = parse_mountinfo(root_.read("/proc/self/mountinfo", kMaxMountinfo).value_or(""));
  std::map<std::string, Names> folders;
  const auto note = [&](const std::string& folder, const std::string& name, bool content) {
    if (is_silent(folder) || (folders.size() == kMaxFolders && !folders.contains(folder))) return;
    auto& counts = folders[folder][name];
    counts = counts || content;
  };
  const auto walk = [&](const std::string& path, bool content) {
    return is_silent(path) ? std::nullopt
                           : walk_path(root_, mounts, path, [&](const std::string& folder, const std::string& name) {
                               note(folder, name, content);
                             });
  };
  for (const auto& path : looks.found) (void)walk(path, false);
  for (const auto& path : looks.read) (void)walk(path, true);
  for (const auto& path : looks.folders) {
    if (const auto folder = walk(path, false)) note(*folder, "", true);
  }
  watched_.clear();
  inotify_ = FileDescriptor{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
  if (!inotify_) return std::string{"files are not watched: "} + std::strerror(errno);
  std::string problem;
  for (auto& [folder, names] : folders) {
    const int watch = ::inotify_add_watch(inotify_.get(), root_.at(folder + '/').c_str(), kEvents);
    if (watch >= 0)
      watched_[watch].merge(names);
    else if (errno == ENOSPC)
      problem = "not all files are watched: fs.inotify.max_user_watches is used up";
  }
  return problem;
}

void FileWatch::rest() {
  watched_.clear();
  inotify_ = FileDescriptor{};
}

bool FileWatch::take() {
  alignas(inotify_event) std::array<char, 16U << 10U> events{};
  bool any = false;
  for (int reads = 0; inotify_ && reads < 64; ++reads) {
    const auto size = ::read(inotify_.get(), events.data(), events.size());
    if (size <= 0) break;
    any = matters(events.data(), static_cast<std::size_t>(size)) || any;
  }
  return any;
}

bool FileWatch::matters(const char* event, std::size_t size) const {
  for (std::size_t at = 0; at + sizeof(inotify_event) <= size;) {
    inotify_event head{};
    std::memcpy(&head, event + at, sizeof head);
    const char* name = event + at + sizeof head;
    at += sizeof head + head.len;
    if (at > size || (head.mask & kOfFolder) != 0) return true;
    const auto watch = watched_.find(head.wd);
    if (watch == watched_.end() || head.len == 0) continue;
    const auto& names = watch->second;
    const auto named = names.find(std::string_view{name, ::strnlen(name, head.len)});
    const bool is_written = (head.mask & IN_CLOSE_WRITE) != 0;
    if (names.contains("") || (named != names.end() && (named->second || !is_written))) return true;
  }
  return false;
}

}  // namespace sallyport
