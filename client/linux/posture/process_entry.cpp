#include "client/linux/posture/process_entry.hpp"

#include "client/posture/text_lines.hpp"

#include <algorithm>

namespace sallyport {

bool is_process_entry(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string base_name(std::string path) {
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.ends_with(kDeleted)) path.resize(path.size() - kDeleted.size());
  return path.substr(path.find_last_of('/') + 1);
}

std::string comm_of(const SystemRoot& root, const std::string& process) {
  return std::string{trimmed(root.read(process + "/comm", 4'096).value_or(""))};
}

std::string program_of(const SystemRoot& root, const std::string& process) {
  return base_name(root.link(process + "/exe").value_or(""));
}

bool has_ended(const SystemRoot& root, const std::string& process) {
  const auto status = root.read(process + "/stat", 4'096);
  const auto name_end = status ? status->rfind(") ") : std::string::npos;
  if (name_end == std::string::npos || name_end + 2 >= status->size()) return true;
  const char state = (*status)[name_end + 2];
  return state == 'Z' || state == 'X';
}

}  // namespace sallyport
