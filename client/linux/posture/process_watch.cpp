#include "client/linux/posture/process_watch.hpp"

#include "client/linux/posture/process_entry.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

/// A process begins as a copy of the one that started it and becomes another program a moment later.
constexpr unsigned kYoung = 4;
/// All others are looked at once in so many turns.
constexpr std::size_t kRound = 16;

}  // namespace

void ProcessWatch::follow(std::vector<std::string> names) {
  names_ = std::move(names);
  processes_.clear();
  if (!names_.empty()) (void)look();
}

bool ProcessWatch::look() {
  ++turn_;
  bool any = false;
  std::size_t place = 0;
  for (const auto& entry : root_.list("/proc").value_or(std::vector<std::string>{})) {
    if (is_process_entry(entry)) any = look_at(entry, place++) || any;
  }
  return drop_the_gone() || any;
}

/// A look at one that is known costs nothing unless it is its turn.
bool ProcessWatch::look_at(const std::string& number, std::size_t place) {
  auto& known = processes_[number];
  known.listed = turn_;
  const bool is_turn = known.looks < kYoung || known.counts || place % kRound == turn_ % kRound;
  if (!is_turn) return false;
  auto now = seen("/proc/" + number);
  const bool matters = (now.counts || known.counts) && now.name != known.name;
  now.looks = known.looks + 1;
  known = std::move(now);
  known.listed = turn_;
  return matters;
}

bool ProcessWatch::drop_the_gone() {
  bool any = false;
  std::erase_if(processes_, [&](const auto& each) {
    const bool is_gone = each.second.listed != turn_;
    any = any || (is_gone && each.second.counts);
    return is_gone;
  });
  return any;
}

ProcessWatch::Seen ProcessWatch::seen(const std::string& process) const {
  const auto comm = comm_of(root_, process);
  const auto program = program_of(root_, process);
  Seen found{comm + '/' + program, is_wanted(comm, program)};
  if (found.counts && has_ended(root_, process)) found.name += "/ended";
  return found;
}

/// By what the kernel keeps of a name: whether it really is the one is for the collector to say.
bool ProcessWatch::is_wanted(std::string_view comm, std::string_view program) const {
  return std::any_of(names_.begin(), names_.end(),
                     [&](std::string_view name) { return name == program || name.substr(0, kCommLength) == comm; });
}

}  // namespace sallyport
