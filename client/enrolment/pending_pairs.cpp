#include "client/enrolment/pending_pairs.hpp"

#include "client/enrolment/device_files.hpp"
#include "common/base/file.hpp"
#include "common/base/hex.hpp"
#include "common/base/text.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace sallyport {
namespace {

constexpr std::size_t kMaxNotes = 4'096;
/// Longer than making a key and getting its certificate may take.
constexpr std::time_t kFresh = 180;

PkiError cannot_note(const FileError& error) { return {PkiProblem::File, to_string(error)}; }

/// "ID PROCESS". Nullopt for what nobody here wrote.
std::optional<PendingPair> parse_line(std::string_view line) {
  const auto blank = line.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  auto id = from_hex(line.substr(0, blank));
  const auto process = parse_decimal(line.substr(blank + 1), std::numeric_limits<int>::max());
  if (!id || id->empty() || !process) return std::nullopt;
  return PendingPair{std::move(*id), *process};
}

}  // namespace

Result<std::vector<PendingPair>, PkiError> read_pending_pairs(const DeviceFiles& files) {
  std::vector<PendingPair> pairs;
  if (!file_exists(files.pending())) return pairs;
  const auto text = read_secret_file(files.pending(), kMaxNotes);
  if (!text) return fail(cannot_note(text.error()));
  for (std::string_view rest{*text}; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    if (auto pair = parse_line(rest.substr(0, end))) pairs.push_back(std::move(*pair));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return pairs;
}

Result<void, PkiError> write_pending_pairs(const DeviceFiles& files, const std::vector<PendingPair>& pairs) {
  if (pairs.empty()) {
    if (::unlink(files.pending().c_str()) == 0 || errno == ENOENT) return {};
    return fail(PkiError{PkiProblem::File, files.pending() + ": cannot be removed: " + std::strerror(errno)});
  }
  std::string text;
  for (const auto& pair : pairs) text += to_hex(pair.id) + ' ' + std::to_string(pair.process) + '\n';
  if (const auto written = write_file_atomically(files.pending(), text, 0600); !written) {
    return fail(cannot_note(written.error()));
  }
  return {};
}

bool is_at_work(const DeviceFiles& files, const PendingPair& pair) {
  const auto process = static_cast<pid_t>(pair.process);
  if (process <= 0 || process == ::getpid() || (::kill(process, 0) != 0 && errno == ESRCH)) return false;
  struct stat status {};
  return ::stat(files.pending().c_str(), &status) == 0 && std::time(nullptr) - status.st_mtime < kFresh;
}

}  // namespace sallyport
