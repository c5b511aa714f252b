#pragma once

#include "server/gateway/worker_message.hpp"

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <utility>

namespace sallyport {

/// Remembers what to do once every worker has carried out a command. Pure; only on the control thread.
class TicketBook {
 public:
  using WhenDone = std::function<void(Ticket)>;

  /// `on_done` runs in the last of `workers` calls of done(). Requires at least one.
  [[nodiscard]] Ticket open(std::size_t workers, WhenDone on_done) {
    const Ticket ticket{++last_};
    waiting_.emplace(ticket, Waiting{workers, std::move(on_done)});
    return ticket;
  }

  void done(Ticket ticket) {
    const auto found = waiting_.find(ticket);
    if (found == waiting_.end() || --found->second.workers != 0) return;
    const auto on_done = std::move(found->second.on_done);
    waiting_.erase(found);
    on_done(ticket);
  }

 private:
  struct Waiting {
    std::size_t workers;
    WhenDone on_done;
  };
  std::uint64_t last_ = 0;
  std::unordered_map<Ticket, Waiting> waiting_;
};

}  // namespace sallyport
