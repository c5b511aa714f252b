#include "client/linux/ipv6_switch.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstddef>

namespace sallyport {
namespace {

constexpr std::array kPaths{"/proc/sys/net/ipv6/conf/all/disable_ipv6", "/proc/sys/net/ipv6/conf/default/disable_ipv6"};

}  // namespace

bool Ipv6Switch::is_on() noexcept {
  for (std::size_t i = 0; i < kPaths.size(); ++i) {
    if (!files_[i]) files_[i].reset(::open(kPaths[i], O_RDONLY | O_CLOEXEC));
    char disabled = '1';
    if (!files_[i] || ::pread(files_[i].get(), &disabled, 1, 0) != 1 || disabled != '0') return false;
  }
  return true;
}

}  // namespace sallyport
