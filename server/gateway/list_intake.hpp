#pragma once

#include "server/gateway/revocation_desk.hpp"
#include "server/gateway/trust_desk.hpp"
#include "server/gateway/unread_keeper.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sallyport {

/// Takes in what the sources of revocation lists have: what is good is kept, and in force at once.
class ListIntake {
 public:
  /// Whoever looks at the sources.
  struct Poller {
    /// These are the sources of the round of this number.
    std::function<void(std::uint64_t round, std::vector<ListSource>)> watch;
    /// What this source of this round had was not taken; it is to send it again when it is asked next.
    std::function<void(std::uint64_t round, std::size_t source)> was_refused;
  };

  /// `trust` outlives this.
  ListIntake(const ControlBooks& books, TrustDesk& trust, Poller poller)
      : snapshot_{books.snapshot},
        clock_{books.clock},
        store_{books.store},
        log_{books.log},
        trust_{trust},
        poller_{std::move(poller)} {}

  /// The sources are those of the configuration from here on. The first lists of each may lock out so many known
  /// devices, where that is more than the configuration allows.
  void watch_revocations(unsigned allow_stranding);
  void take(const SourceReport& report);
  /// What could not be written when it came is written once that can be. Call it every second.
  void keep_unread();
  /// The gateway stops: nothing is taken in any more.
  void close() noexcept { is_closed_ = true; }

  [[nodiscard]] const RevocationDesk& revocations() const noexcept { return revocations_; }

 private:
  [[nodiscard]] Result<void, std::string> use_newer_lists(std::shared_ptr<const TrustBundle> bundle, unsigned allowed);

  const Snapshot& snapshot_;
  const ControlClock& clock_;
  Store& store_;
  Log& log_;
  TrustDesk& trust_;
  const Poller poller_;
  RevocationDesk revocations_;
  UnreadKeeper unread_;
  Complaint unread_complaint_;
  bool is_closed_ = false;
};

}  // namespace sallyport
