#include "server/session/session.hpp"

#include <utility>

namespace sallyport {

void Session::announce(std::shared_ptr<const AuthorityAnnouncement> announcement, ByteBuffer& out) {
  announcement_ = std::move(announcement);
  tell_authorities(out);
}

/// A client that was told something once is also told that nothing is left of it.
void Session::tell_authorities(ByteBuffer& out) {
  if (state_ != State::Online || !extensions_.authorities || !announcement_) return;
  if (told_authorities_ == *announcement_) return;
  if (announcement_->asks_for_answer() || told_authorities_) append_authority_announcement(out, *announcement_);
  told_authorities_ = *announcement_;
}

void Session::ask_to_renew(std::chrono::seconds within, ByteBuffer& out) {
  if (state_ != State::Online || !extensions_.authorities) return;
  append_authority_announcement(out, AuthorityAnnouncement{{}, {}, within});
}

void Session::take_authorities(Bytes payload, Now now, ByteBuffer& out) {
  if (!extensions_.authorities || !recorder_.may_read(now.steady)) return;
  auto report = parse_authority_report(payload);
  if (!report) return end(EndReason::ProtocolViolation, out);
  if (recorder_.may_tell_authorities(now.steady)) events_.push_back(AuthoritiesHeld{std::move(*report)});
}

}  // namespace sallyport
