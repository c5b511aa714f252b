#include "common/base/congestion.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace sallyport {
namespace {

/// With the zero behind it (TCP_CA_NAME_MAX).
constexpr std::size_t kNameRoom = 16;

SystemError refused(const std::string& name, int code) {
  auto error = system_error("congestion control \"" + name + "\" cannot be used, the system's own is", code);
  if (code == ENOENT) error.message += "; load its module: modprobe tcp_" + name;
  if (code == EPERM) error.message += "; add it to the sysctl net.ipv4.tcp_allowed_congestion_control";
  return error;
}

}  // namespace

bool is_congestion_name(std::string_view text) noexcept {
  return !text.empty() && text.size() < kNameRoom && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

Result<void, SystemError> use_congestion(int fd, const std::string& name) {
  if (name == kSystemCongestion) return {};
  const auto size = static_cast<socklen_t>(name.size());
  if (::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name.data(), size) == 0) return {};
  return fail(refused(name, errno));
}

/// Before there is a connection, what a socket is told last is all that counts.
Result<bool, SystemError> begin_congestion(int fd, const std::string& name) {
  if (auto used = use_congestion(fd, name); !used) return fail(std::move(used.error()));
  return name == kUsualCongestion && use_congestion(fd, std::string{kUnpacedCongestion}).has_value();
}

/// The kernel lets a control alone that is set once more.
bool restart_congestion(int fd) {
  const auto name = congestion_of(fd);
  if (name.empty() || name == kUnpacedCongestion || !use_congestion(fd, std::string{kUnpacedCongestion})) return true;
  return use_congestion(fd, name).has_value();
}

std::string congestion_of(int fd) {
  std::array<char, kNameRoom> name{};
  socklen_t size = kNameRoom;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name.data(), &size) != 0) return {};
  return {name.begin(), std::find(name.begin(), name.begin() + size, '\0')};
}

}  // namespace sallyport
