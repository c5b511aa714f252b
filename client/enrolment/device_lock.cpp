#include "client/enrolment/device_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <thread>

namespace sallyport {
namespace {

constexpr std::chrono::milliseconds kPause{5};

}  // namespace

Result<DeviceLock, std::string> DeviceLock::take(const DeviceFiles& files, std::chrono::milliseconds patience) {
  const auto path = files.lock();
  FileDescriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file) return fail(path + ": cannot be opened: " + std::strerror(errno));
  const auto until = std::chrono::steady_clock::now() + patience;
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return fail(path + ": cannot be locked: " + std::strerror(errno));
    if (std::chrono::steady_clock::now() >= until) {
      return fail(path + ": another program is changing this device's files; try again");
    }
    std::this_thread::sleep_for(kPause);
  }
  return DeviceLock{std::move(file)};
}

}  // namespace sallyport
