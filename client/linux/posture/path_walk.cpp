#include "client/linux/posture/path_walk.hpp"

#include "client/posture/text_lines.hpp"

namespace sallyport {
namespace {

/// As the kernel, path_resolution(7).
constexpr int kMaxLinks = 40;

/// A look at anything below would mount it: a gateway could have a laptop connect to wherever it likes.
bool is_waiting_for_mount(const std::vector<Mount>& mounts, const std::string& path) {
  const auto* mount = mount_holding(mounts, path);
  return mount != nullptr && mount->type == "autofs";
}

}  // namespace

std::optional<std::string> walk_path(const SystemRoot& root, const std::vector<Mount>& mounts, std::string path,
                                     const OnStep& on_step) {
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
    if (on_step) on_step(walked, part);
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

}  // namespace sallyport
