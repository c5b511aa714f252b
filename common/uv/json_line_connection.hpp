#pragma once

#include "common/base/file_descriptor.hpp"
#include "common/ipc/message.hpp"
#include "common/uv/json_line_server.hpp"
#include "common/uv/poll.hpp"
#include "common/uv/timer.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace sallyport {

/// One peer of a JsonLineServer. It never destroys itself: the server asks is_over() after each call.
class JsonLineConnection {
 public:
  JsonLineConnection(FileDescriptor fd, const PeerCredentials& peer, Duration idle_timeout) noexcept;

  /// `on_ready` and `on_idle` may destroy this connection.
  [[nodiscard]] Result<void, SystemError> start(Loop& loop, Poll::Callback on_ready, std::function<void()> on_idle);

  /// Takes what the socket holds, at most one chunk.
  void receive();
  /// The next request, unless one still waits for its answer. What is no request is answered here.
  [[nodiscard]] std::optional<nlohmann::json> next_request();
  void begin(JsonLineServer::RequestId request) noexcept { pending_ = request; }
  [[nodiscard]] bool waits_for(JsonLineServer::RequestId request) const noexcept { return pending_ == request; }
  void answer(const nlohmann::json& answer);
  void begin_stream(std::size_t backlog) noexcept { backlog_ = backlog; }
  /// False when nothing new has to be sent: the socket takes no more at present.
  bool stream(const nlohmann::json& line);
  /// The request whose stream is under way.
  [[nodiscard]] std::optional<JsonLineServer::RequestId> streamed() const noexcept {
    return backlog_ == 0 ? std::nullopt : pending_;
  }
  /// Sends what the socket takes, then sets what to watch and the idle timer by what is left to do.
  void settle();

  [[nodiscard]] bool is_over() const noexcept { return over_; }
  [[nodiscard]] const PeerCredentials& peer() const noexcept { return peer_; }

 private:
  void refuse(MessageError error);
  void tell_lost();
  void watch_for_end();
  void flush();

  FileDescriptor fd_;
  PeerCredentials peer_;
  Duration idle_timeout_;
  MessageReader reader_;
  std::string outbox_;
  std::optional<JsonLineServer::RequestId> pending_;
  std::size_t backlog_ = 0;  ///< of a stream under way; 0: none is
  std::uint64_t lost_ = 0;   ///< lines of the stream
  bool ended_ = false;       ///< the peer finished sending
  bool refused_ = false;     ///< the peer sent what is no request; nothing after it counts
  bool over_ = false;
  std::optional<Timer> idle_;
  std::optional<Poll> poll_;
};

}  // namespace sallyport
