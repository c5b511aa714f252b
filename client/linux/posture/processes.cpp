#include "client/linux/posture/collectors.hpp"
#include "client/linux/posture/path_walk.hpp"
#include "client/linux/posture/process_entry.hpp"
#include "client/posture/text_lines.hpp"

namespace sallyport {
namespace {

constexpr std::size_t kMaxArguments = 256U << 10U;
/// Users of people have numbers from 1000 on.
constexpr std::size_t kFirstUserDigits = 4;

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
  return real && is_process_entry(*real) && real->size() < kFirstUserDigits;
}

/// The name it was started by.
std::string first_argument(const SystemRoot& root, const std::string& process) {
  const auto arguments = root.read(process + "/cmdline", kMaxArguments).value_or("");
  return base_name(arguments.substr(0, arguments.find('\0')));
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
  const auto comm = comm_of(root, process);
  const auto file = program_of(root, process);
  for (auto& [name, found] : answers) {
    if (found == true) continue;
    auto same = std::optional{name == file || name == comm};
    if (file.empty()) same = is_called(root, process, name, comm);
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
    if (is_process_entry(entry)) look_at(root, "/proc/" + entry, answers);
  }
  return answers;
}

}  // namespace sallyport
