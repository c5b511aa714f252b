#include "client/linux/posture/collectors.hpp"
#include "client/posture/mount_table.hpp"
#include "client/posture/text_lines.hpp"

#include <algorithm>

namespace sallyport {
namespace {

/// The kernel keeps this much of a name.
constexpr std::size_t kCommLength = 15;
constexpr std::size_t kMaxMountinfo = 4U << 20U;
constexpr std::size_t kMaxArguments = 256U << 10U;
/// Users of people have numbers from 1000 on.
constexpr std::size_t kFirstUserDigits = 4;

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string base_of(std::string path) {
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.ends_with(kDeleted)) path.resize(path.size() - kDeleted.size());
  return path.substr(path.find_last_of('/') + 1);
}

/// A process that has ended and was not collected yet runs no more.
bool has_ended(const SystemRoot& root, const std::string& process) {
  const auto status = root.read(process + "/stat", 4'096);
  const auto name_end = status ? status->rfind(") ") : std::string::npos;
  if (name_end == std::string::npos || name_end + 2 >= status->size()) return true;
  const char state = (*status)[name_end + 2];
  return state == 'Z' || state == 'X';
}

/// /proc shows some processes to some users only.
bool is_hiding(const SystemRoot& root) {
  const auto mounts = parse_mountinfo(root.read("/proc/self/mountinfo", kMaxMountinfo).value_or(""));
  const auto* proc = mount_at(mounts, "/proc");
  const auto hidden = proc == nullptr ? std::nullopt : option_of(*proc, "hidepid");
  return proc == nullptr || (hidden && *hidden != "0" && *hidden != "off");
}

/// Whether it runs as root or as another system user: whatever else is called like an agent, any user may have started.
bool is_of_system(const SystemRoot& root, const std::string& process) {
  std::optional<std::string> real;
  for_each_line(root.read(process + "/status", 16'384).value_or(""), [&](std::string_view line) {
    if (!real && line.starts_with("Uid:")) {
      line = trimmed(line.substr(4));
      real = std::string{take_part(line, '\t')};
    }
  });
  return real && is_number(*real) && real->size() < kFirstUserDigits;
}

/// The name it was started by.
std::string first_argument(const SystemRoot& root, const std::string& process) {
  const auto arguments = root.read(process + "/cmdline", kMaxArguments).value_or("");
  return base_of(arguments.substr(0, arguments.find('\0')));
}

/// Whether the name that the kernel keeps, whole or cut, is this one; nullopt: cut, and no more is to be seen.
std::optional<bool> is_called(const SystemRoot& root, const std::string& process, const std::string& name,
                              const std::string& comm) {
  if (name == comm) return true;
  if (name.size() <= kCommLength || comm != name.substr(0, kCommLength)) return false;
  // Whose file is not for us to see, as without CAP_SYS_PTRACE.
  return first_argument(root, process) == name ? std::optional{true} : std::nullopt;
}

/// Notes in `answers` what one process says to each name that is not found yet.
void look_at(const SystemRoot& root, const std::string& process, PostureAnswers& answers) {
  const std::string comm{trimmed(root.read(process + "/comm", 4'096).value_or(""))};
  const auto program = root.link(process + "/exe");
  const auto file = program ? base_of(*program) : std::string{};
  for (auto& [name, found] : answers) {
    if (found == true) continue;
    auto same = std::optional{name == file || name == comm};
    if (!program) same = is_called(root, process, name, comm);
    if (same == false || has_ended(root, process) || !is_of_system(root, process)) continue;
    found = same;
  }
}

}  // namespace

PostureAnswers collect_processes(const SystemRoot& root, const std::vector<std::string>& names) {
  PostureAnswers answers;
  if (names.empty()) return answers;
  const auto entries = root.list("/proc");
  const bool sees_all = entries && !is_hiding(root);
  for (const auto& name : names) answers.emplace(name, sees_all ? std::optional{false} : std::nullopt);
  for (const auto& entry : entries.value_or(std::vector<std::string>{})) {
    if (is_number(entry)) look_at(root, "/proc/" + entry, answers);
  }
  return answers;
}

}  // namespace sallyport
