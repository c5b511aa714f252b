#include "common/wire/posture_wants.hpp"

#include <algorithm>

namespace sallyport {
namespace {

bool is_want(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxPostureWant && std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

bool is_part(std::string_view part) noexcept { return !part.empty() && part != "." && part != ".."; }

}  // namespace

bool PostureWants::covers(const PostureWants& other) const {
  return std::includes(processes.begin(), processes.end(), other.processes.begin(), other.processes.end()) &&
         std::includes(files.begin(), files.end(), other.files.begin(), other.files.end());
}

bool is_process_name(std::string_view name) noexcept {
  return is_want(name) && is_part(name) && name.find('/') == std::string_view::npos;
}

bool is_file_path(std::string_view path) noexcept {
  if (!is_want(path) || path.front() != '/' || path.find_first_of("*?[") != std::string_view::npos) return false;
  for (auto rest = path.substr(1);;) {
    const auto slash = rest.find('/');
    if (!is_part(rest.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace sallyport
