#pragma once

#include "common/base/result.hpp"
#include "common/base/system_error.hpp"
#include "common/base/time.hpp"
#include "common/uv/loop.hpp"

#include <sys/types.h>
#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace sallyport {

/// Who the kernel says is at the other end of a local socket, as of its connect().
struct PeerCredentials {
  uid_t uid;
  gid_t gid;
  pid_t pid;
};

struct JsonLineServerOptions {
  std::string path{};
  mode_t mode = 0660;
  std::optional<gid_t> group{};                      ///< who owns the socket besides this user; unset: left as it is
  std::size_t max_connections = 32;                  ///< one more is closed at once
  Duration idle_timeout = std::chrono::seconds{30};  ///< for a connection that owes us a request or takes no answer
  std::size_t stream_backlog = 256U << 10U;          ///< octets of a stream that wait for a slow reader
};

/// A local stream socket that takes one JSON object per line and answers each with one, or with a stream of them. Not a
/// line within the limits of common/ipc/message.hpp: answered with an error, then closed.
class JsonLineServer {
 public:
  /// Names one request; of no use after its reply().
  enum class RequestId : std::uint64_t {};
  /// Called for each request. It, or anything later, calls reply() once. Further requests of the same connection wait
  /// for that, and a connection that waits for an answer is not idle.
  using Handler = std::function<void(RequestId, const nlohmann::json& request, const PeerCredentials& peer)>;
  /// Called when the peer of a stream has gone before the reply().
  using GoneHandler = std::function<void(RequestId)>;

  /// Replaces a socket that nobody listens on; refuses a path that is anything else or in use. The directory exists.
  [[nodiscard]] static Result<std::unique_ptr<JsonLineServer>, SystemError> open(Loop& loop,
                                                                                 JsonLineServerOptions options,
                                                                                 Handler on_request,
                                                                                 GoneHandler on_gone = {});
  /// Closes all connections and removes the socket file.
  ~JsonLineServer();
  JsonLineServer(const JsonLineServer&) = delete;
  JsonLineServer& operator=(const JsonLineServer&) = delete;

  /// Nothing happens when the peer has gone or `request` was answered already.
  void reply(RequestId request, const nlohmann::json& answer);

  /// From here on stream() may send lines before the reply(). A peer that closes its side or says anything meanwhile
  /// ends the stream.
  void begin_stream(RequestId request);
  /// A line of the stream. A reader too slow for it loses it: what was lost is counted, and told in a line
  /// {"v":1,"event":"lost","lost":N} as soon as there is room.
  void stream(RequestId request, const nlohmann::json& line);

  [[nodiscard]] std::size_t connections() const noexcept;

 private:
  class Impl;
  explicit JsonLineServer(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sallyport
