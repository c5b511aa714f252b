#include "server/gateway/handshake_gate.hpp"

namespace sallyport {
namespace {

/// Where all places are taken and none of those who have them gets further within this time, waiting helps nobody.
constexpr auto kProgress = std::chrono::milliseconds{20};

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
  }
  return "unknown";
}

Result<HandshakeGate::Pass, HandshakeRefusal> HandshakeGate::admit(const IpAddress& source, TimePoint now) {
  const std::lock_guard lock{mutex_};
  if (!limiter_.admit(source, now)) return fail(HandshakeRefusal::TooFast);
  return place(source_key(source));
}

Result<HandshakeGate::Pass, HandshakeRefusal> HandshakeGate::place_for(const IpAddress& source) {
  const std::lock_guard lock{mutex_};
  return place(source_key(source));
}

/// `mutex_` is held.
Result<HandshakeGate::Pass, HandshakeRefusal> HandshakeGate::place(const IpAddress& key) {
  const auto counted = per_source_.find(key);
  const auto of_source = counted == per_source_.end() ? 0 : counted->second;
  if (half_open_ >= limits_.half_open || of_source >= limits_.half_open_per_source)
    return fail(HandshakeRefusal::TooMany);
  ++half_open_;
  ++per_source_[key];
  return Pass{*this, key};
}

void HandshakeGate::give_back(const IpAddress& source) {
  const std::lock_guard lock{mutex_};
  limiter_.give_back(source);
}

bool HandshakeGate::is_full_of(const IpAddress& source) {
  const std::lock_guard lock{mutex_};
  const auto counted = per_source_.find(source_key(source));
  return counted != per_source_.end() && counted->second >= limits_.half_open_per_source;
}

bool HandshakeGate::is_full() {
  const std::lock_guard lock{mutex_};
  return half_open_ >= limits_.half_open;
}

bool HandshakeGate::is_moving(TimePoint now) {
  return now - last_good_.load(std::memory_order_relaxed) < kProgress && is_full();
}

void HandshakeGate::leave(const IpAddress& key) {
  const std::lock_guard lock{mutex_};
  --half_open_;
  const auto counted = per_source_.find(key);
  if (--counted->second == 0) per_source_.erase(counted);
}

}  // namespace sallyport
