#include "client/linux/posture/collectors.hpp"
#include "client/posture/mount_table.hpp"
#include "client/posture/text_lines.hpp"

namespace sallyport {
namespace {

constexpr std::size_t kMaxMountinfo = 4U << 20U;
/// As the kernel, path_resolution(7).
constexpr int kMaxLinks = 40;

/// A look at anything below would mount it: a gateway could have a laptop connect to wherever it likes.
bool is_waiting_for_mount(const std::vector<Mount>& mounts, const std::string& path) {
  const auto* mount = mount_holding(mounts, path);
  return mount != nullptr && mount->type == "autofs";
}

/// `path` without links, followed one by one so that none leads where nobody may look. Nullopt: one does.
std::optional<std::string> walk(const SystemRoot& root, const std::vector<Mount>& mounts, std::string path) {
  std::string walked;
  int links = 0;
  while (!path.empty()) {
    std::string_view rest = path;
    const std::string part{take_part(rest, '/')};
    path = std::string{rest};
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      walked.resize(walked.empty() ? 0 : walked.find_last_of('/'));
      continue;
    }
    const auto next = walked + '/' + part;
    if (is_waiting_for_mount(mounts, next)) return std::nullopt;
    const auto target = root.link(next);
    if (target && ++links > kMaxLinks) return std::nullopt;
    if (target && target->starts_with('/')) walked.clear();
    if (target)
      path = *target + '/' + path;
    else
      walked = next;
  }
  return walked;
}

}  // namespace

PostureAnswers collect_files(const SystemRoot& root, const std::vector<std::string>& paths) {
  PostureAnswers answers;
  const auto mountinfo = root.read("/proc/self/mountinfo", kMaxMountinfo);
  const auto mounts = parse_mountinfo(mountinfo.value_or(""));
  for (const auto& path : paths) {
    const auto walked = mountinfo ? walk(root, mounts, path) : std::nullopt;
    answers.emplace(path, walked ? root.exists(*walked) : std::nullopt);
  }
  return answers;
}

}  // namespace sallyport
