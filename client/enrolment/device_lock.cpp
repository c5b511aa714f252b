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

Result<std::optional<DeviceLock>, std::string> DeviceLock::try_take(const DeviceFiles& files) {
  const auto path = files.lock();
  FileDescriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file) return fail(path + ": cannot be opened: " + std::strerror(errno));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return std::optional{DeviceLock{std::move(file)}};
  if (errno == EWOULDBLOCK || errno == EINTR) return std::optional<DeviceLock>{};
  return fail(path + ": cannot be locked: " + std::strerror(errno));
}

Result<DeviceLock, std::string> DeviceLock::take(const DeviceFiles& files, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto taken = try_take(files);
    if (!taken) return fail(std::move(taken.error()));
    if (*taken) return std::move(**taken);
    if (std::chrono::steady_clock::now() >= until) {
      return fail(files.lock() + ": another program is changing this device's files; try again");
    }
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace sallyport
