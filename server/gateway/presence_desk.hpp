#pragma once

#include "server/gateway/control_books.hpp"
#include "server/gateway/gateway_tally.hpp"
#include "server/gateway/loss_book.hpp"
#include "server/gateway/proof_desk.hpp"
#include "server/gateway/worker_orders.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace sallyport {

/// What people prove themselves with: each code is judged, recorded and answered, and what it came to holds on all
/// sessions that it is about.
class PresenceDesk {
 public:
  /// All outlive this.
  PresenceDesk(const ControlBooks& books, WorkerOrders& orders, GatewayTally& tally, LossBook& losses)
      : snapshot_{books.snapshot},
        clock_{books.clock},
        store_{books.store},
        registry_{books.registry},
        journal_{books.journal},
        log_{books.log},
        orders_{orders},
        tally_{tally},
        losses_{losses} {}

  void take(const report::ProofOffered& offered);

  /// The person's secret is another one, or gone: nothing that was proved with the old one counts any more. The number
  /// is of the sessions that were told. `event` is what happened, for the record, which may fail: what was proved is
  /// dropped whatever comes of that. `is_noted`: it is recorded already.
  void forget_proofs(const UserId& user, const std::string& event, const std::string& by, bool is_noted,
                     std::function<void(std::size_t sessions, bool recorded)> when_done);

 private:
  void note_judged(const SessionGrant& grant, ProofResult result);
  void share_proof(const SessionRegistry::Entry& entry, WallTime proved);

  const Snapshot& snapshot_;
  const ControlClock& clock_;
  Store& store_;
  SessionRegistry& registry_;
  AuditJournal& journal_;
  Log& log_;
  WorkerOrders& orders_;
  GatewayTally& tally_;
  LossBook& losses_;
  ProofDesk proofs_;
};

}  // namespace sallyport
