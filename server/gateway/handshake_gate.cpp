#include "server/gateway/handshake_gate.hpp"

#include <algorithm>

namespace sallyport {
namespace {

/// Where all places are taken and none of those who have them gets further within this time, waiting helps nobody. The
/// first of a crowd is through only when most of it has said its hello: 512 of them take 150 ms of one processor.
constexpr auto kProgress = std::chrono::milliseconds{250};
/// Strangers who take all places again and again make others wait for kProgress once in this time.
constexpr auto kFullAnew = std::chrono::seconds{5};
/// For so long a handshake that is completed has others wait behind one that may have to give way. A hundred a second
/// do that without a break: a crowd that this machine serves slowly. A few, whoever they are, cannot.
constexpr auto kCredit = std::chrono::milliseconds{10};

TimePoint credited(TimePoint credit, TimePoint now) {
  return std::min(std::max(credit, now) + kCredit, now + kProgress);
}

}  // namespace

std::string_view name_of(HandshakeRefusal refusal) noexcept {
  switch (refusal) {
    case HandshakeRefusal::TooFast:
      return "too_fast";
    case HandshakeRefusal::TooMany:
      return "too_many_half_open";
    case HandshakeRefusal::TimedOut:
      return "handshake_timeout";
    case HandshakeRefusal::Disconnected:
      return "disconnected";
    case HandshakeRefusal::Tls:
      return "tls";
    case HandshakeRefusal::Overloaded:
      return "overloaded";
    case HandshakeRefusal::NoDescriptors:
      return "no_descriptors";
    case HandshakeRefusal::SessionsFirst:
      return "sessions_first";
  }
  return "unknown";
}

Result<HandshakeGate::Pass, HandshakeRefusal> HandshakeGate::admit(const IpAddress& source, TimePoint now,
                                                                   const GivesWay* owner, Precedence precedence) {
  const std::lock_guard lock{mutex_};
  if (!limiter_.admit(source, now)) return fail(HandshakeRefusal::TooFast);
  const bool is_stranger = precedence == Precedence::SessionsFirst && !is_no_stranger(source, now);
  if (is_stranger && !admits_stranger(source, now)) return fail(HandshakeRefusal::SessionsFirst);
  const IpAddress key = source_key(source);
  const bool is_full = under_way_.size() >= limits_.half_open || is_full_of(key);
  if (is_full && !make_room(key, now)) return fail(HandshakeRefusal::TooMany);
  under_way_.emplace_hint(under_way_.end(), next_, UnderWay{key, now, owner});
  ++per_source_[key];
  if (under_way_.size() >= limits_.half_open && now - filled_ >= kFullAnew) {
    filled_ = now;
    last_good_.store(now, std::memory_order_relaxed);
  }
  return Pass{*this, next_++, is_stranger ? CountedAs::Stranger : CountedAs::Usual};
}

/// Devices that come back all at once from where nobody knows them are no flood: hundreds a second get through. A
/// handshake alone shows no such device: whoever has one certificate can complete as many as he likes.
bool HandshakeGate::is_no_stranger(const IpAddress& source, TimePoint now) {
  const bool is_crowd_of_devices = crowd_ - now > kProgress / 2;
  return is_crowd_of_devices || known_.has(source_key(source), now);
}

bool HandshakeGate::admits_stranger(const IpAddress& source, TimePoint now) {
  // In this order sources are told apart only as fast as any may come.
  if (!all_strangers_.take(now)) return false;
  if (strangers_.admit(source, now)) return true;
  all_strangers_.give_back();
  return false;
}

/// False when nobody goes.
bool HandshakeGate::make_room(const IpAddress& key, TimePoint now) {
  const bool of_source = is_full_of(key);
  const auto oldest = std::find_if(under_way_.begin(), under_way_.end(),
                                   [&](const auto& each) { return !of_source || each.second.key == key; });
  if (oldest == under_way_.end() || now - oldest->second.begun < limits_.patience) return false;
  if (oldest->second.owner != nullptr) (*oldest->second.owner)(oldest->first);
  remove(oldest);
  return true;
}

void HandshakeGate::give_back(const IpAddress& source, CountedAs counted_as, TimePoint now) {
  const std::lock_guard lock{mutex_};
  limiter_.give_back(source);
  if (counted_as == CountedAs::Stranger) {
    strangers_.give_back(source);
    all_strangers_.give_back();
  }
  crowd_ = credited(crowd_, now);
  known_.note(source_key(source), now);
}

bool HandshakeGate::is_full_of(const IpAddress& key) const {
  const auto counted = per_source_.find(key);
  return counted != per_source_.end() && counted->second >= limits_.half_open_per_source;
}

bool HandshakeGate::is_full() {
  const std::lock_guard lock{mutex_};
  return under_way_.size() >= limits_.half_open;
}

bool HandshakeGate::is_moving(TimePoint now) {
  if (now - last_good_.load(std::memory_order_relaxed) >= kProgress) return false;
  const std::lock_guard lock{mutex_};
  return under_way_.size() >= limits_.half_open && is_worth_waiting(now);
}

void HandshakeGate::note_good(TimePoint now) {
  last_good_.store(now, std::memory_order_relaxed);
  const std::lock_guard lock{mutex_};
  credit_ = credited(credit_, now);
}

bool HandshakeGate::is_worth_waiting(TimePoint now) const {
  return now - under_way_.begin()->second.begun < limits_.patience || now < credit_;
}

/// It may have had to give way before.
void HandshakeGate::leave(std::uint64_t number) {
  const std::lock_guard lock{mutex_};
  const auto found = under_way_.find(number);
  if (found != under_way_.end()) remove(found);
}

void HandshakeGate::remove(Handshakes::iterator handshake) {
  const auto counted = per_source_.find(handshake->second.key);
  if (--counted->second == 0) per_source_.erase(counted);
  under_way_.erase(handshake);
}

}  // namespace sallyport
