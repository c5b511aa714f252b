#include "common/uv/json_line_connection.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace sallyport {

JsonLineConnection::JsonLineConnection(FileDescriptor fd, const PeerCredentials& peer, Duration idle_timeout) noexcept
    : fd_{std::move(fd)}, peer_{peer}, idle_timeout_{idle_timeout} {}

Result<void, SystemError> JsonLineConnection::start(Loop& loop, Poll::Callback on_ready,
                                                    std::function<void()> on_idle) {
  auto poll = Poll::watch(loop, fd_.get(), std::move(on_ready));
  if (!poll) return fail(poll.error());
  poll_.emplace(std::move(*poll));
  idle_.emplace(loop, std::move(on_idle));
  idle_->arm(idle_timeout_);
  poll_->set_interest(true, false);
  return {};
}

void JsonLineConnection::receive() {
  if (backlog_ != 0) return watch_for_end();
  if (ended_ || refused_ || pending_) return;
  std::array<std::byte, 16384> chunk{};
  const ssize_t n = ::recv(fd_.get(), chunk.data(), chunk.size(), 0);
  if (n > 0) {
    reader_.feed(Bytes{chunk}.first(static_cast<std::size_t>(n)));
  } else if (n == 0) {
    ended_ = true;
  } else if (errno != EAGAIN && errno != EINTR) {
    over_ = true;
  }
}

std::optional<nlohmann::json> JsonLineConnection::next_request() {
  if (over_ || refused_ || pending_) return std::nullopt;
  auto message = reader_.next();
  if (message) return std::move(*message);
  refuse(message.error());
  return std::nullopt;
}

void JsonLineConnection::refuse(MessageError error) {
  refused_ = true;
  answer({{"v", 1},
          {"ok", false},
          {"error", describe(error)},
          {"hint", "send one JSON object per line, at most 64 KiB long and 32 levels deep"}});
}

void JsonLineConnection::answer(const nlohmann::json& answer) {
  pending_.reset();
  if (lost_ != 0) tell_lost();
  backlog_ = 0;
  outbox_ += to_line(answer);
  if (idle_) idle_->arm(idle_timeout_);
}

bool JsonLineConnection::stream(const nlohmann::json& line) {
  const auto text = to_line(line);
  if (outbox_.size() + text.size() > backlog_) {
    ++lost_;
    return false;
  }
  const bool was_idle = outbox_.empty();
  if (lost_ != 0) tell_lost();
  outbox_ += text;
  return was_idle;
}

void JsonLineConnection::tell_lost() {
  outbox_ += to_line({{"v", 1}, {"event", "lost"}, {"lost", lost_}});
  lost_ = 0;
}

void JsonLineConnection::watch_for_end() {
  std::array<char, 4096> words{};
  const ssize_t n = ::recv(fd_.get(), words.data(), words.size(), 0);
  if (n >= 0 || (errno != EAGAIN && errno != EINTR)) over_ = true;
}

void JsonLineConnection::flush() {
  while (!over_ && !outbox_.empty()) {
    const ssize_t n = ::send(fd_.get(), outbox_.data(), outbox_.size(), MSG_NOSIGNAL);
    if (n >= 0) {
      outbox_.erase(0, static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR) {
      over_ = true;
    }
  }
}

void JsonLineConnection::settle() {
  flush();
  const bool no_more_requests = ended_ || refused_;
  if (no_more_requests && !pending_ && outbox_.empty()) over_ = true;
  if (over_) return;
  // While an answer is due we read nothing: the peer's further requests wait in the socket.
  poll_->set_interest(backlog_ != 0 || (!pending_ && !no_more_requests), !outbox_.empty());
  if (pending_) idle_->cancel();
}

}  // namespace sallyport
