#include "tests/unit/client/session/simulated_stream.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr Duration kLeastWait = std::chrono::milliseconds{200};

}  // namespace

SimulatedStream::SimulatedStream(const SimulatedWay& way, std::mt19937& random, Deliver deliver)
    : way_{way},
      random_{random},
      deliver_{std::move(deliver)},
      round_trip_{way.round_trip},
      variation_{way.round_trip / 2} {}

bool SimulatedStream::passes(bool is_large) {
  const bool is_lost = std::uniform_real_distribution<>{0, 1}(random_) < way_.loss;
  return !is_lost && !way_.swallows_all && !(is_large && way_.swallows_large);
}

Duration SimulatedStream::resend_after() const noexcept { return round_trip_ + std::max(kLeastWait, variation_ * 4); }

void SimulatedStream::send(int tag, bool is_large, TimePoint now) {
  if (segments_.empty()) restart_timer(now);
  segments_.push_back({.tag = tag, .is_large = is_large});
  tags_.push_back(tag);
  transmit(first_ + segments_.size() - 1, now);
}

void SimulatedStream::transmit(std::uint64_t number, TimePoint now) {
  Segment& segment = segments_[number - first_];
  ++segment.tries;
  segment.sent = now;
  if (!passes(segment.is_large)) return;
  // No two take quite as long.
  const auto jitter = way_.round_trip * static_cast<int>(random_() % 10) / 200;
  forth_.push_back({now + way_.round_trip / 2 + jitter, number, 0});
}

void SimulatedStream::advance(TimePoint now) {
  for (std::size_t i = 0; i < forth_.size();) {
    if (forth_[i].due > now) {
      ++i;
      continue;
    }
    const auto number = forth_[i].number;
    forth_.erase(forth_.begin() + static_cast<std::ptrdiff_t>(i));
    arrive(number, now);
  }
  for (std::size_t i = 0; i < back_.size();) {
    if (back_[i].due > now) {
      ++i;
      continue;
    }
    const auto acknowledgement = back_[i];
    back_.erase(back_.begin() + static_cast<std::ptrdiff_t>(i));
    take_acknowledgement(acknowledgement, now);
  }
  if (!segments_.empty() && now >= timer_) on_timer(now);
}

void SimulatedStream::arrive(std::uint64_t number, TimePoint now) {
  if (number >= expected_) early_.insert(number);
  while (early_.erase(expected_) > 0) {
    ++expected_;
    const int tag = tags_.front();
    tags_.pop_front();
    deliver_(tag);
  }
  if (passes(false)) back_.push_back({now + way_.round_trip / 2, number, expected_});
}

void SimulatedStream::take_acknowledgement(const OnTheWay& acknowledgement, TimePoint now) {
  std::optional<TimePoint> sent;
  if (acknowledgement.number >= first_) {
    Segment& segment = segments_[acknowledgement.number - first_];
    segment.is_there = true;
    sent = segment.sent;
    if (segment.tries == 1) measure(now - segment.sent);
  }
  const bool has_moved = acknowledgement.expected > first_;
  while (first_ < acknowledgement.expected) {
    segments_.pop_front();
    ++first_;
  }
  if (has_moved) {
    retransmits_ = 0;
    has_probed_ = false;
    restart_timer(now);
  }
  if (sent) send_lost_again(*sent, now);
}

/// RFC 6298 section 2.
void SimulatedStream::measure(Duration sample) {
  const Duration difference = sample > round_trip_ ? sample - round_trip_ : round_trip_ - sample;
  variation_ = (variation_ * 3 + difference) / 4;
  round_trip_ = (round_trip_ * 7 + sample) / 8;
}

/// What was sent well before something that arrived, and is not there, is lost.
void SimulatedStream::send_lost_again(TimePoint sent, TimePoint now) {
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const Segment& segment = segments_[i];
    if (!segment.is_there && segment.sent + round_trip_ / 4 < sent) transmit(first_ + i, now);
  }
}

void SimulatedStream::restart_timer(TimePoint now) {
  const bool is_alone = segments_.size() <= 1;
  const Duration probe = round_trip_ * 2 + (is_alone ? kLeastWait : Duration::zero());
  timer_ = now + (has_probed_ ? resend_after() : std::min(probe, resend_after()));
}

void SimulatedStream::on_timer(TimePoint now) {
  if (!has_probed_) {
    has_probed_ = true;
    timer_ = now + resend_after();
    return transmit(first_ + segments_.size() - 1, now);
  }
  ++retransmits_;
  timer_ = now + resend_after() * (1 << std::min(retransmits_, 6U));
  transmit(first_, now);
}

}  // namespace sallyport
