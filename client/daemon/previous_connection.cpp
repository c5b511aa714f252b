#include "client/daemon/previous_connection.hpp"

#include <utility>

namespace sallyport {

PreviousConnection::PreviousConnection(Loop& loop, std::function<void(GatewayConnection&)> receive,
                                       std::function<void(const GatewayConnection&)> on_end)
    : loop_{loop}, receive_{std::move(receive)}, on_end_{std::move(on_end)}, end_{loop, [this] { end(); }} {}

void PreviousConnection::begin(std::unique_ptr<GatewayConnection> connection) {
  end();
  connection_ = std::move(connection);
  auto poll = Poll::watch(loop_, connection_->fd(), [this](bool readable, bool) { advance(readable); });
  if (!poll) return end();
  poll_.emplace(std::move(*poll));
  end_.arm(kHandOverTime);
  advance(false);
}

void PreviousConnection::advance(bool readable) {
  if (readable) receive_(*connection_);
  while (connection_->poll_event()) {
  }
  connection_->flush(loop_.now().steady);
  const bool has_ended = connection_->is_over();
  if (has_ended && !connection_->wants_write()) return end();
  poll_->set_interest(!has_ended && connection_->wants_read(), connection_->wants_write());
}

void PreviousConnection::end() {
  end_.cancel();
  if (!connection_) return;
  connection_->close();
  on_end_(*connection_);
  poll_.reset();
  connection_.reset();
}

}  // namespace sallyport
