#include "common/ipc/client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

namespace sallyport {
namespace {

using Deadline = TimePoint;

int milliseconds_until(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
}

Result<void, IpcError> wait_for(int fd, short events, Deadline deadline) {
  pollfd watched{fd, events, 0};
  while (true) {
    const int ready = ::poll(&watched, 1, milliseconds_until(deadline));
    if (ready > 0) return {};
    if (ready == 0) return fail(IpcError::Timeout);
    if (errno != EINTR) return fail(IpcError::BadAnswer);
  }
}

IpcError connect_error(int code) noexcept {
  return code == EACCES || code == EPERM ? IpcError::NotPermitted : IpcError::NotRunning;
}

Result<FileDescriptor, IpcError> connect_to(const std::string& path, Deadline deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return fail(IpcError::NotRunning);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  FileDescriptor fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!fd) return fail(IpcError::NotRunning);
  while (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    // A local connect does not proceed in the background: EAGAIN says that too many wait to be accepted.
    if (errno != EAGAIN && errno != EINTR) return fail(connect_error(errno));
    if (milliseconds_until(deadline) == 0) return fail(IpcError::Timeout);
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return fd;
}

Result<void, IpcError> send_all(int fd, std::string_view text, Deadline deadline) {
  while (!text.empty()) {
    const ssize_t n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (n > 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      if (auto ready = wait_for(fd, POLLOUT, deadline); !ready) return ready;
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return {};  // refused before it was read: the reason may wait for us
    } else if (errno != EINTR) {
      return fail(IpcError::BadAnswer);
    }
  }
  return {};
}

Result<nlohmann::json, IpcError> receive_one(int fd, MessageReader& reader, Deadline deadline) {
  std::array<std::byte, 16384> chunk{};
  while (true) {
    auto waiting = reader.next();
    if (!waiting) return fail(IpcError::BadAnswer);
    if (*waiting) return std::move(**waiting);
    const ssize_t n = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (n > 0) {
      reader.feed(Bytes{chunk}.first(static_cast<std::size_t>(n)));
    } else if (n < 0 && errno == EAGAIN) {
      if (auto ready = wait_for(fd, POLLIN, deadline); !ready) return fail(ready.error());
    } else if (n == 0 || errno != EINTR) {
      return fail(IpcError::BadAnswer);
    }
  }
}

}  // namespace

std::string_view describe(IpcError error) noexcept {
  switch (error) {
    case IpcError::NotRunning:
      return "the daemon is not running";
    case IpcError::NotPermitted:
      return "you are not permitted to talk to the daemon";
    case IpcError::Timeout:
      return "the daemon did not answer in time";
    case IpcError::BadAnswer:
      return "the daemon's answer could not be understood";
  }
  return "invalid IpcError";
}

Result<nlohmann::json, IpcError> ask_daemon(const std::string& socket_path, const nlohmann::json& request,
                                            Duration patience) {
  const Deadline deadline = std::chrono::steady_clock::now() + patience;
  auto fd = connect_to(socket_path, deadline);
  if (!fd) return fail(fd.error());
  if (auto sent = send_all(fd->get(), to_line(request), deadline); !sent) return fail(sent.error());
  MessageReader reader{kMaxAnswerSize};
  return receive_one(fd->get(), reader, deadline);
}

Result<nlohmann::json, IpcError> await_answer(FileDescriptor connection, Duration patience) {
  MessageReader reader{kMaxAnswerSize};
  return receive_one(connection.get(), reader, std::chrono::steady_clock::now() + patience);
}

Result<DaemonStream, IpcError> DaemonStream::open(const std::string& socket_path, const nlohmann::json& request,
                                                  Duration patience) {
  const Deadline deadline = std::chrono::steady_clock::now() + patience;
  auto fd = connect_to(socket_path, deadline);
  if (!fd) return fail(fd.error());
  if (auto sent = send_all(fd->get(), to_line(request), deadline); !sent) return fail(sent.error());
  return DaemonStream{std::move(*fd)};
}

Result<std::optional<nlohmann::json>, IpcError> DaemonStream::next(Duration patience) {
  auto line = receive_one(fd_.get(), reader_, std::chrono::steady_clock::now() + patience);
  if (line) return std::optional{std::move(*line)};
  if (line.error() == IpcError::Timeout) return std::nullopt;
  return fail(line.error());
}

}  // namespace sallyport
