#pragma once

#include "server/gateway/authority_desk.hpp"
#include "server/gateway/outlook_keeper.hpp"
#include "server/gateway/session_sweep.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sallyport {

/// Puts trust in force, and ends the sessions that it does not carry any more.
class TrustDesk {
 public:
  /// The doors prove themselves with the trust in force from here on, and hold others against it.
  using Show = std::function<void()>;
  using WhenDone = WorkerOrders::WhenDone;

  /// All outlive this. `snapshot` is that of the books: its trust is written here alone.
  TrustDesk(Snapshot& snapshot, const std::string& config_path, const ControlBooks& books, WorkerOrders& orders,
            AuthorityDesk& authorities, OutlookKeeper& outlook, Show show)
      : snapshot_{snapshot},
        config_path_{config_path},
        clock_{books.clock},
        store_{books.store},
        registry_{books.registry},
        log_{books.log},
        orders_{orders},
        authorities_{authorities},
        outlook_{outlook},
        show_{std::move(show)} {}

  /// Cuts are measured from `asked`. `when_done` runs when nobody is left who must go, with how many that were.
  void use_trust(LoadedTrust trust, TimePoint asked, const WhenDone& when_done);
  /// Why `next` is not to be used: it would lock out more than `limit` known devices.
  [[nodiscard]] Result<void, Diagnostics> refuse_stranding(const LoadedTrust& next, unsigned limit);
  /// Ends the sessions that the records do not admit any more.
  void recheck_devices(const WhenDone& when_done, std::optional<TimePoint> asked = {});
  /// Ends those whose authority, or its list, has come to its end. Call it every second.
  void end_outdated_sessions();

  // At the start.
  void tell_list_faults();
  void tell_stranded();

 private:
  void end_departing(const std::vector<Departure>& departing, TimePoint asked, const WhenDone& when_done);
  void note_revocation_dates();

  Snapshot& snapshot_;
  const std::string& config_path_;
  const ControlClock& clock_;
  Store& store_;
  SessionRegistry& registry_;
  Log& log_;
  WorkerOrders& orders_;
  AuthorityDesk& authorities_;
  OutlookKeeper& outlook_;
  const Show show_;
};

/// What `--check` has against this trust: the devices that a start with it would lock out. Nullopt: nothing.
[[nodiscard]] std::optional<Diagnostic> stranding_at_start(Store& store, const LoadedTrust& trust, unsigned limit,
                                                           const std::string& config_path, WallTime now);

}  // namespace sallyport
