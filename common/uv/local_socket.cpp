#include "common/uv/local_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

constexpr int kBacklog = 64;

Result<sockaddr_un, SystemError> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return fail(SystemError{ENAMETOOLONG,
                            path + ": a socket path has 1 to 107 characters; choose a shorter runtime directory"});
  }
  std::memcpy(address.sun_path, path.c_str(), path.size());
  return address;
}

FileDescriptor make_socket() {
  return FileDescriptor{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
}

const sockaddr* generic(const sockaddr_un& address) noexcept { return reinterpret_cast<const sockaddr*>(&address); }

/// Makes way for a new socket at `path`. Only a refused connection proves that nobody listens.
Result<void, SystemError> remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return fail(system_error(path));
  }
  if (!S_ISSOCK(status.st_mode))
    return fail(SystemError{EEXIST, path + ": is in the way and is not a socket; move it"});
  const auto probe = make_socket();
  if (!probe) return fail(system_error("cannot make a socket"));
  if (::connect(probe.get(), generic(address), sizeof address) == 0 || errno == EAGAIN) {
    return fail(SystemError{EADDRINUSE, path + ": another process answers there; is the daemon running already?"});
  }
  if (errno != ECONNREFUSED) return fail(system_error(path));
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail(system_error(path));
  return {};
}

}  // namespace

Result<LocalSocket, SystemError> LocalSocket::listen(const std::string& path, mode_t mode, std::optional<gid_t> group) {
  const auto address = address_of(path);
  if (!address) return fail(address.error());
  if (auto free = remove_stale(path, *address); !free) return fail(free.error());
  FileDescriptor fd = make_socket();
  if (!fd) return fail(system_error("cannot make a socket"));
  if (::bind(fd.get(), generic(*address), sizeof *address) != 0) return fail(system_error(path));
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return fail(system_error(path));
  LocalSocket socket{std::move(fd), path, status.st_dev, status.st_ino};
  // Nobody can connect before listen(), so the rights are in place in time whatever the umask is.
  if (group && ::lchown(path.c_str(), static_cast<uid_t>(-1), *group) != 0) return fail(system_error(path));
  if (::chmod(path.c_str(), mode) != 0) return fail(system_error(path));
  if (::listen(socket.fd(), kBacklog) != 0) return fail(system_error(path));
  return socket;
}

LocalSocket::~LocalSocket() {
  if (!fd_) return;
  struct stat status {};
  if (::lstat(path_.c_str(), &status) != 0) return;
  if (status.st_dev == device_ && status.st_ino == inode_) ::unlink(path_.c_str());
}

}  // namespace sallyport
