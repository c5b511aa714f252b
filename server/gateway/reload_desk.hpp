#pragma once

#include "server/gateway/gateway_tally.hpp"
#include "server/gateway/list_intake.hpp"
#include "server/gateway/policy_activation.hpp"
#include "server/gateway/trust_desk.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace sallyport {

/// Reads files again while the gateway runs, and puts in force what they say: all or nothing.
class ReloadDesk {
 public:
  /// Runs when the change is in force on every worker; the number is of the sessions it ended.
  using WhenDone = WorkerOrders::WhenDone;
  /// What a reload came to: the sessions it ended, and whether the policy directory counts now.
  using WhenReloaded = std::function<void(std::size_t ended, ReloadedPolicy policy)>;

  /// What it puts things in force with.
  struct Parts {
    TrustDesk& trust;
    ListIntake& lists;
    PolicyActivation& policy;
    WorkerOrders& orders;
    GatewayTally& tally;
  };

  /// All outlive this. `snapshot` is that of the books: its configuration is written here alone.
  ReloadDesk(Snapshot& snapshot, const std::string& config_path, const ControlBooks& books, const Parts& parts)
      : snapshot_{snapshot},
        config_path_{config_path},
        clock_{books.clock},
        registry_{books.registry},
        journal_{books.journal},
        trust_{parts.trust},
        lists_{parts.lists},
        policy_{parts.policy},
        orders_{parts.orders},
        tally_{parts.tally} {}

  /// Reads every file again. All or nothing: on an error the running state stays and `when_done` is dropped. Only a
  /// policy that must not be used now is left out: revocation waits for nobody's confirmation. Trust that would lock
  /// out more known devices than the configuration allows, or `allow_stranding` where that is more, is an error too.
  [[nodiscard]] Result<void, Diagnostics> reload(const std::string& by, std::optional<unsigned> allow_stranding,
                                                 WhenReloaded when_done);
  /// The same for CA, CRL, certificate and device records alone. What the records say counts even when the files are
  /// wrong: whose device is revoked or disabled is cut all the same.
  [[nodiscard]] Result<void, Diagnostics> reload_trust(WhenDone when_done, const std::string& by = "gateway");

 private:
  Result<void, Diagnostics> begin_reload(const std::string& by, std::optional<unsigned> allow_stranding,
                                         WhenReloaded when_done);
  void use_session_settings();
  void note_reload(const char* event, const std::string& by, std::size_t ended);
  void note_refused_reload(const std::string& by, const Diagnostics& diagnostics);

  Snapshot& snapshot_;
  const std::string& config_path_;
  const ControlClock& clock_;
  const SessionRegistry& registry_;
  AuditJournal& journal_;
  TrustDesk& trust_;
  ListIntake& lists_;
  PolicyActivation& policy_;
  WorkerOrders& orders_;
  GatewayTally& tally_;
  std::uint64_t reloads_ = 0;  ///< the number of the latest one: an overtaken reload changes nothing more
};

}  // namespace sallyport
