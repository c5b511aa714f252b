#pragma once

#include "server/gateway/control_books.hpp"
#include "server/gateway/est_message.hpp"
#include "server/gateway/worker_orders.hpp"

#include <cstdint>
#include <string>

namespace sallyport {

/// One of our authorities takes another's place: what devices are told of that, what they say to it, and who signs for
/// whom meanwhile.
class AuthorityDesk {
 public:
  /// `orders` outlives this.
  AuthorityDesk(const ControlBooks& books, WorkerOrders& orders)
      : snapshot_{books.snapshot},
        clock_{books.clock},
        store_{books.store},
        registry_{books.registry},
        journal_{books.journal},
        store_alarm_{books.store_alarm},
        log_{books.log},
        orders_{orders} {}

  void take(report::AuthoritiesHeld& held);

  /// Other authorities may count now: live sessions are told.
  void tell_authorities();
  /// The same for the records, where that is a step from `before`.
  void note_rotation(RotationPhase before);
  /// Who signs the certificate that is asked for: the next authority only for devices that would accept it. Null: the
  /// records cannot be read. Requires that certificates are given out.
  [[nodiscard]] const CertificateAuthority* issuing_authority(const EstAsked& asked);

  /// Lists of devices that did not take an authority they were told of.
  [[nodiscard]] std::uint64_t refused() const noexcept { return authorities_refused_; }

 private:
  void ask_to_renew(const SessionRegistry::Entry& entry);
  void note_held(const SessionGrant& grant, const std::string& problem);

  const Snapshot& snapshot_;
  const ControlClock& clock_;
  Store& store_;
  SessionRegistry& registry_;
  AuditJournal& journal_;
  StoreAlarm& store_alarm_;
  Log& log_;
  WorkerOrders& orders_;
  std::uint64_t authorities_refused_ = 0;
};

}  // namespace sallyport
