#include "client/daemon/prepared_identity.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace sallyport {
namespace {

using Examine = int (*)(const char* path, struct stat* status);

constexpr std::int64_t kNanoseconds = 1'000'000'000;
/// A file that changed so shortly before may change again without looking any different: clocks of files tick slowly.
constexpr auto kSettled = std::chrono::seconds{2};

std::int64_t nanoseconds(const timespec& time) noexcept {
  return static_cast<std::int64_t>(time.tv_sec) * kNanoseconds + time.tv_nsec;
}

FileStamp stamp_of(const std::string& path, Examine examine) {
  struct stat status {};
  if (examine(path.c_str(), &status) != 0) return {};
  return {status.st_dev,
          status.st_ino,
          status.st_mode,
          status.st_uid,
          status.st_size,
          nanoseconds(status.st_mtim),
          nanoseconds(status.st_ctim)};
}

/// Files come and go in it all the time; whose it is and who may write it counts.
FileStamp standing_of(const std::string& directory) {
  FileStamp stamp = stamp_of(directory, ::stat);
  stamp.size = stamp.modified = stamp.changed = 0;
  return stamp;
}

/// Links are followed where reading follows them.
std::vector<FileStamp> stamps_of(const DeviceFiles& files) {
  std::vector<FileStamp> stamps{standing_of(parent_of(files.ca)), stamp_of(files.ca, ::stat),
                                stamp_of(files.certificate, ::stat), stamp_of(files.next(), ::lstat)};
  if (!files.is_on_token()) stamps.push_back(stamp_of(files.key, ::lstat));
  return stamps;
}

bool is_settled(const std::vector<FileStamp>& stamps, WallTime now) {
  const auto latest = std::chrono::nanoseconds{(now - kSettled).time_since_epoch()}.count();
  return std::all_of(stamps.begin(), stamps.end(), [latest](const FileStamp& each) { return each.changed < latest; });
}

/// With keys for this one connection drawn; nothing is signed for a hello.
std::unique_ptr<Engine> begin_hello(const ClientIdentity& identity, const std::string& server_name, WallTime now) {
  auto engine = Engine::connect(identity.context, server_name, now);
  if (!engine || !(*engine)->handshake()) return nullptr;
  return std::move(*engine);
}

bool same_files(const DeviceFiles& a, const DeviceFiles& b) {
  return a.ca == b.ca && a.certificate == b.certificate && a.key == b.key;
}

}  // namespace

void PreparedIdentity::prepare(const Profile& profile, Tokens& tokens, WallTime now) {
  forget();
  auto files = files_of(profile);
  // Before they are read: what changes meanwhile looks different afterwards.
  auto stamps = stamps_of(files);
  if (!is_settled(stamps, now)) return;
  auto identity = load_identity(profile, tokens, now);
  if (!identity) return;
  auto engine = begin_hello(*identity, profile.server_name, now);
  prepared_.emplace(
      Prepared{std::move(files), std::move(stamps), std::move(*identity), std::move(engine), profile.server_name});
}

std::optional<ClientIdentity> PreparedIdentity::take(const Profile& profile, WallTime now) {
  auto prepared = std::exchange(prepared_, std::nullopt);
  taken_.reset();
  if (!prepared || !same_files(prepared->files, files_of(profile))) return std::nullopt;
  if (stamps_of(prepared->files) != prepared->stamps) return std::nullopt;
  // Reading it now might refuse the authorities for their dates.
  if (prepared->identity.context.trust()->problem_at(now)) return std::nullopt;
  prepared->identity.is_expired = now > prepared->identity.expires;
  taken_ = std::move(prepared->engine);
  taken_for_ = std::move(prepared->server_name);
  return std::move(prepared->identity);
}

std::unique_ptr<Engine> PreparedIdentity::take_engine(const std::string& server_name, WallTime now) {
  auto engine = std::exchange(taken_, nullptr);
  if (!engine || taken_for_ != server_name) return nullptr;
  engine->judge_at(now);
  return engine;
}

}  // namespace sallyport
