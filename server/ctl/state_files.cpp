#include "server/ctl/state_files.hpp"

#include "common/base/file_descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

constexpr mode_t kStateMode = 0700;
constexpr mode_t kAuthorityMode = 0711;

FileError failed(const std::string& path, const char* what) {
  return FileError{path, std::string{what} + ": " + std::strerror(errno)};
}

}  // namespace

Result<void, FileError> make_state_directories(const GatewayConfig& config) {
  if (auto made = make_directories(config.state, kStateMode); !made) return made;
  const auto authority = config.ca_directory();
  // One that is there keeps the rights its administrator gave it.
  if (::mkdir(authority.c_str(), kStateMode) != 0) {
    return errno == EEXIST ? Result<void, FileError>{} : fail(failed(authority, "cannot be made"));
  }
  // Whatever the umask says.
  if (::chmod(authority.c_str(), kAuthorityMode) != 0) return fail(failed(authority, "cannot be given its mode"));
  return {};
}

Result<void, FileError> give_to_gateway(const GatewayConfig& config, const std::string& path) {
  if (::geteuid() != 0) return {};
  struct stat state {};
  if (::stat(config.state.c_str(), &state) != 0) return fail(failed(config.state, "cannot be examined"));
  return give_file(path, state.st_uid, state.st_gid);
}

Result<void, FileError> give_file(const std::string& path, uid_t owner, gid_t group) {
  // The directory may be the other user's: what is given must be our file, not a second name for somebody else's.
  const FileDescriptor file{::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return fail(failed(path, "cannot be examined"));
  if (!S_ISREG(status.st_mode) || status.st_nlink != 1)
    return fail(FileError{path, "was replaced while it was written"});
  if (::fchownat(file.get(), "", owner, group, AT_EMPTY_PATH) == 0) return {};
  return fail(failed(path, "cannot be given to its owner"));
}

Result<void, FileError> write_for_gateway(const GatewayConfig& config, const std::string& path,
                                          std::string_view content, mode_t mode) {
  if (auto written = write_file_atomically(path, content, mode); !written) return written;
  return give_to_gateway(config, path);
}

Result<Store, StoreError> make_store(const GatewayConfig& config) {
  const auto path = config.database();
  if (::access(path.c_str(), F_OK) == 0) return Store::open(path);
  {
    auto made = Store::open_or_create(path);
    if (!made) return made;
  }
  // Closed meanwhile: SQLite makes the files beside it with the owner it finds.
  if (auto given = give_to_gateway(config, path); !given) {
    return fail(StoreError{StoreProblem::Unusable, to_string(given.error())});
  }
  return Store::open(path);
}

}  // namespace sallyport
