#include "tun/sole_use.hpp"

#include "tun/virtio_header.hpp"

#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

namespace sallyport {
namespace {

Result<void, SystemError> become_owner(int fd, const std::string& name) {
  if (::ioctl(fd, TUNSETOWNER, static_cast<unsigned long>(::geteuid())) == 0) return {};
  return fail(system_error("cannot become the owner of the interface " + name));
}

/// These stay when who set them has gone: a program sees each packet, another size of header shifts them all.
Result<void, SystemError> clear_settings(int fd, const std::string& name) {
  int none = -1;
  int header_size = sizeof(VirtioHeader);
  if (::ioctl(fd, TUNSETFILTEREBPF, &none) == 0 && ::ioctl(fd, TUNSETSTEERINGEBPF, &none) == 0 &&
      ::ioctl(fd, TUNSETVNETHDRSZ, &header_size) == 0)
    return {};
  return fail(system_error("cannot clear what others may have set at the interface " + name));
}

}  // namespace

std::optional<TunSharing> sharing_of(const TunAccess& access, uid_t user, std::uint32_t own_queues) noexcept {
  if (access.group) return TunSharing::Group;
  if (!access.owner || (*access.owner != user && *access.owner != 0)) return TunSharing::AnotherOwner;
  if (access.queues > own_queues) return TunSharing::AnotherQueue;
  return std::nullopt;
}

SystemError sharing_error(const std::string& name, TunSharing sharing) {
  const auto remove = "remove it (ip link delete " + name + ")";
  const auto make = ", or make it root's own (ip tuntap add dev " + name + " mode tun multi_queue user root)";
  switch (sharing) {
    case TunSharing::AnotherOwner:
      return {EPERM, "the interface " + name + " is another user's, who could read what passes: " + remove + make};
    case TunSharing::Group:
      return {EPERM, "the interface " + name + " is a group's, whose users could read what passes: " + remove + make};
    case TunSharing::AnotherQueue:
      break;
  }
  return {EBUSY,
          "another program has joined the interface " + name + ": find that program and stop it; then " + remove};
}

Result<std::optional<TunSharing>, SystemError> take_sole_use(NetworkConfig& network, int fd, const std::string& name,
                                                             bool is_new, std::uint32_t own_queues) {
  auto access = network.access_to(name);
  if (!access) return fail(access.error());
  if (is_new || access->is_for_everybody()) {
    if (auto done = become_owner(fd, name); !done) return fail(done.error());
    access = network.access_to(name);
    if (!access) return fail(access.error());
  }
  // The kernel gives owner, group and queues as they were at one moment: who is out then stays out.
  if (const auto sharing = sharing_of(*access, ::geteuid(), own_queues)) return sharing;
  if (auto done = clear_settings(fd, name); !done) return fail(done.error());
  return std::optional<TunSharing>{};
}

}  // namespace sallyport
