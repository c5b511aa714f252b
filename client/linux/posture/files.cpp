#include "client/linux/posture/collectors.hpp"
#include "client/linux/posture/path_walk.hpp"

namespace sallyport {

PostureAnswers collect_files(const SystemRoot& root, const std::vector<std::string>& paths) {
  PostureAnswers answers;
  const auto mountinfo = root.read("/proc/self/mountinfo", kMaxMountinfo);
  const auto mounts = parse_mountinfo(mountinfo.value_or(""));
  for (const auto& path : paths) {
    const auto walked = mountinfo ? walk_path(root, mounts, path) : std::nullopt;
    answers.emplace(path, walked ? root.exists(*walked) : std::nullopt);
  }
  return answers;
}

}  // namespace sallyport
