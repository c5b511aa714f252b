#include "server/gateway/connection.hpp"

#include "common/queue/path_follower.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace sallyport {

Connection::Connection(VerifiedConnection verified, Session session, TimePoint now)
    : place_{std::move(verified.place)},
      socket_{std::move(verified.socket)},
      engine_{std::move(verified.engine)},
      session_{std::move(session)},
      progress_{now},
      busy_{now} {
  if (verified.paces_by_need) egress_.pace_by_need();
  begin_path(socket_.get(), egress_);
  // Admission has read all of it.
  engine_->forget_handshake();
}

Connection::Input Connection::receive(MutableBytes scratch) {
  const ssize_t n = ::recv(socket_.get(), scratch.data(), scratch.size(), 0);
  if (n == 0) return Input::Closed;
  if (n < 0) return errno == EAGAIN || errno == EINTR ? Input::Nothing : Input::Failed;
  engine_->feed(scratch.first(static_cast<std::size_t>(n)));
  egress_.hear();
  return Input::Some;
}

void Connection::take_inside(const SuperPacket& packet, Now now, QueueHome& home) {
  if (egress_.delay_ack(packet, now.steady)) return;
  take_due_ack(now, home);
  pass_inside(packet, now, home);
}

void Connection::pass_inside(const SuperPacket& packet, Now now, QueueHome& home) {
  if (egress_.is_clear() && !wants_write() && !path_stands(socket_.get(), egress_, now.steady)) {
    session_.send_packet(packet, now, plaintext_);
    // A lost connection is noticed again, and ended, when this turn is settled.
    if (plaintext_.size() >= kBatch) (void)flush(now);
  } else if (const auto admitted = session_.admit(packet, now)) {
    egress_.hold(admitted->packet, backlog(), admitted->let_in, home, now.steady);
  }
}

bool Connection::flush(Now now) {
  SendState state{};
  do {
    if (!plaintext_.empty()) {
      const bool sealed = engine_->write(plaintext_).has_value();
      plaintext_.clear();
      if (!sealed) return false;
    }
    state = send(now.steady);
  } while (state == SendState::Sent && refill(now));
  return state != SendState::Gone;
}

SendState Connection::send(TimePoint now) {
  const std::size_t before = engine_->outbox().size() - sent_;
  const auto state = send_pending(socket_.get(), engine_->outbox(), sent_);
  const std::size_t given = before - (engine_->outbox().size() - sent_);
  if (state == SendState::Sent || given != 0) progress_ = now;
  if (before != 0) busy_ = now;
  if (state == SendState::Blocked) drop_sent();
  follow_path(socket_.get(), egress_, given, now);
  return state;
}

bool Connection::refill(Now now) {
  if (session_.has_ended()) egress_.release();
  if (egress_.is_clear() || path_stands(socket_.get(), egress_, now.steady)) return false;
  while (!egress_.is_clear() && plaintext_.size() < egress_.pace().batch()) {
    const auto held = egress_.next(now.steady);
    if (!held) break;
    session_.send_admitted(held->packet, held->let_in, now, plaintext_);
  }
  return !plaintext_.empty();
}

void Connection::drop_sent() {
  ByteBuffer& outbox = engine_->outbox();
  if (sent_ < outbox.size() / 2) return;
  outbox.erase(outbox.begin(), outbox.begin() + static_cast<std::ptrdiff_t>(sent_));
  sent_ = 0;
}

bool Connection::is_stalled(TimePoint now) const noexcept { return wants_write() && now - progress_ >= kStallTime; }

void Connection::release_idle_memory(TimePoint now) noexcept {
  if (now - busy_ < kIdleTime || wants_write() || !plaintext_.empty() || !egress_.is_clear()) return;
  egress_.release();
  plaintext_ = ByteBuffer{};
  engine_->outbox() = ByteBuffer{};
  sent_ = 0;
  session_.release_idle_memory();
}

TimePoint Connection::next_due(Now now) const {
  constexpr auto kNextTry = std::chrono::seconds{1};
  if (drain_deadline_) return *drain_deadline_;
  if (hand_over_deadline_) return *hand_over_deadline_;
  TimePoint next = session_.next_timeout(now);
  if (wants_write()) next = std::min(next, progress_ + kStallTime);
  if (const auto look = egress_.look_due(); look && !wants_write()) next = std::min(next, *look);
  const bool holds_memory = plaintext_.capacity() + engine_->outbox().capacity() + session_.idle_memory() != 0;
  if (holds_memory) next = std::min(next, std::max(busy_ + kIdleTime, now.steady + kNextTry));
  return next;
}

void Connection::start_draining(TimePoint now) noexcept {
  if (drain_deadline_) return;
  engine_->close();
  drain_deadline_ = now + kDrainTime;
}

bool Connection::is_drained() const noexcept {
  if (wants_write() || !plaintext_.empty()) return false;
  int unsent = 0;
  return ::ioctl(socket_.get(), TIOCOUTQ, &unsent) == 0 && unsent == 0;
}

void Connection::reset_on_close() noexcept {
  const linger abort{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
}

}  // namespace sallyport
