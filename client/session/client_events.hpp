#pragma once

#include "client/session/session_event.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <variant>

namespace sallyport {

/// What a session has to tell until its owner asks.
class ClientEvents {
 public:
  /// Enough for a burst; a gateway that talks faster than the owner listens loses notices, not memory of ours.
  static constexpr std::size_t kMost = 64;

  /// What comes once, or in place of what drop() took.
  void add(ClientEvent event) { events_.push_back(std::move(event)); }
  /// What the gateway could send without end: lost, and counted, while kMost wait.
  void offer(ClientEvent event) {
    if (events_.size() < kMost)
      add(std::move(event));
    else
      ++lost_;
  }
  /// Those that wait mean nothing any more: only the newest counts.
  template <class Event>
  void drop() {
    std::erase_if(events_, [](const ClientEvent& event) { return std::holds_alternative<Event>(event); });
  }
  [[nodiscard]] std::optional<ClientEvent> poll() {
    if (events_.empty()) return std::nullopt;
    ClientEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
  }
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

 private:
  std::deque<ClientEvent> events_;
  std::uint64_t lost_ = 0;
};

}  // namespace sallyport
