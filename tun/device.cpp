#include "tun/device.hpp"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

constexpr const char* kTunPath = "/dev/net/tun";

SystemError open_error(int code) {
  auto error = system_error(std::string{"cannot open "} + kTunPath, code);
  if (code == ENOENT || code == ENODEV || code == ENXIO) {
    error.message += "; load the module (modprobe tun), or give the container --device /dev/net/tun";
  } else if (code == EACCES || code == EPERM) {
    error.message += "; run as root, or allow the service DeviceAllow=/dev/net/tun rw and CAP_NET_ADMIN";
  }
  return error;
}

SystemError attach_error(const std::string& name, int code) {
  auto error = system_error("cannot make the interface " + name, code);
  if (code == EPERM) error.message += "; needs CAP_NET_ADMIN: run as root";
  if (code == EBUSY) error.message += "; another process uses it: stop that process, or choose another name";
  if (code == EINVAL)
    error.message += "; an interface of this name but of another kind is there: remove it, or choose another name";
  return error;
}

bool is_interface_name(const std::string& name) {
  const auto printable = [](char c) { return c > ' ' && c < 0x7f && c != '/' && c != ':'; };
  return !name.empty() && name.size() < IFNAMSIZ && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), printable);
}

}  // namespace

Result<TunDevice, SystemError> TunDevice::open(const std::string& name, const TunOptions& options) {
  if (!is_interface_name(name)) {
    return fail(SystemError{
        EINVAL, "\"" + name + "\" cannot name an interface: 1 to 15 characters, without '/', ':' or blanks"});
  }
  FileDescriptor fd{::open(kTunPath, O_RDWR | O_NONBLOCK | O_CLOEXEC)};
  if (!fd) return fail(open_error(errno));
  ifreq request{};
  std::memcpy(request.ifr_name, name.c_str(), name.size());
  const unsigned flags = IFF_TUN | IFF_NO_PI | (options.multi_queue ? IFF_MULTI_QUEUE : 0U);
  request.ifr_flags = static_cast<short>(flags);
  if (::ioctl(fd.get(), TUNSETIFF, &request) != 0) return fail(attach_error(name, errno));
  TunDevice device{std::move(fd), request.ifr_name};
  if (options.persist) {
    if (auto done = device.set_persistent(true); !done) return fail(done.error());
  }
  return device;
}

Result<std::size_t, SystemError> TunDevice::read(MutableBytes out) noexcept {
  while (true) {
    const ssize_t n = ::read(fd_.get(), out.data(), out.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EAGAIN) return std::size_t{0};
    if (errno != EINTR) return fail(system_error("cannot read from the interface " + name_));
  }
}

bool TunDevice::write(Bytes packet) noexcept {
  ssize_t n = -1;
  do {
    n = ::write(fd_.get(), packet.data(), packet.size());
  } while (n < 0 && errno == EINTR);
  return n == static_cast<ssize_t>(packet.size());
}

Result<void, SystemError> TunDevice::set_persistent(bool persistent) {
  if (::ioctl(fd_.get(), TUNSETPERSIST, persistent ? 1UL : 0UL) == 0) return {};
  return fail(
      system_error("cannot make the interface " + name_ + (persistent ? " outlive" : " end with") + " its process"));
}

}  // namespace sallyport
