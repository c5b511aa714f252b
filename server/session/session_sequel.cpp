#include "common/wire/datagram.hpp"
#include "common/wire/notice.hpp"
#include "common/wire/probe.hpp"
#include "server/session/session.hpp"

#include <utility>

// How one session follows another one, and what ends each of them in time.

namespace sallyport {

bool Session::take_over(Session& older, ByteBuffer& out_of_older) {
  const bool is_same = grant_.device == older.grant_.device && grant_.user == older.grant_.user;
  if (is_same) {
    if (filter_.adopt_flows(older.filter_)) std::swap(recorder_.origins(), older.recorder_.origins());
    policy_since_ = filter_.generation();
    life_.follow(older.life_);
  }
  // Without a notice its client goes by the close alone, which comes at once then.
  older.is_handed_over_ = is_same && older.is_online() && older.extensions_.notice;
  older.end(EndReason::Superseded, out_of_older);
  return is_same;
}

std::optional<SuperPacket> Session::next_late_packet(Session& successor, Now now, ByteBuffer& out) {
  while (is_handed_over_) {
    const auto capsule = capsules_.next();
    if (!capsule) {
      is_handed_over_ = false;
      return std::nullopt;
    }
    if (!*capsule) return std::nullopt;
    if ((*capsule)->type != CapsuleType::Datagram) continue;
    // Broken ones are the older session's fault, which has ended: only good ones are the successor's business.
    if (!parse_datagram((*capsule)->payload)) continue;
    if (const auto packet = successor.take_datagram((*capsule)->payload, now, out)) return packet;
  }
  return std::nullopt;
}

void Session::keep_life(Now now, ByteBuffer& out) {
  if (const auto reason = life_.over(now.steady)) return end(*reason, out);
  if (extensions_.probe && life_.is_silent(now.steady)) return end(EndReason::Unresponsive, out);
  if (extensions_.probe && life_.wants_probe(now.steady)) append_probe(out, Probe{life_.note_probe(now.steady)});
  if (const auto reason = life_.wants_move(now.steady)) tell_move(*reason, now, out);
}

void Session::tell_move(MoveReason reason, Now now, ByteBuffer& out) {
  life_.note_move_told(reason);
  if (!extensions_.notice) return;
  append_notice(out, MoveNotice{.reason = std::string{name_of(reason)},
                                .words = std::string{words_for(reason)},
                                .left = life_.left(now.steady)});
}

void Session::drain(std::chrono::seconds left, Now now, ByteBuffer& out) {
  life_.drain(left, now.steady);
  if (state_ == State::Online) keep_life(now, out);
}

/// That it came is all it says.
void Session::take_probe(Bytes payload, ByteBuffer& out) {
  if (!extensions_.probe) return;
  const auto probe = parse_probe(payload);
  if (!probe) return end(EndReason::ProtocolViolation, out);
  if (probe->is_clients()) append_probe(out, *probe);
}

}  // namespace sallyport
