#include "client/linux/posture/collectors.hpp"

namespace sallyport {

PostureAnswers collect_files(const SystemRoot& root, const std::vector<std::string>& paths) {
  PostureAnswers answers;
  for (const auto& path : paths) answers.emplace(path, root.exists(path));
  return answers;
}

}  // namespace sallyport
