#pragma once

#include "server/gateway/admission.hpp"
#include "server/gateway/control_books.hpp"

#include <optional>

namespace sallyport {

/// What is put on record of devices by what they show when they come.
class DeviceDesk {
 public:
  explicit DeviceDesk(const ControlBooks& books)
      : snapshot_{books.snapshot},
        clock_{books.clock},
        store_{books.store},
        journal_{books.journal},
        store_alarm_{books.store_alarm},
        log_{books.log} {}

  /// Where the authority's word is enough, a device that nobody knows becomes a known one. Why it cannot; nullopt: it
  /// did, or need not.
  [[nodiscard]] std::optional<AdmissionRefusal> record_at_first_sight(const PeerIdentity& peer);
  /// For the forecast; nobody is refused because it cannot be written.
  void note_certificate(const PeerIdentity& peer);

 private:
  void tell_too_many(const AuthoritySettings& authority);

  const Snapshot& snapshot_;
  const ControlClock& clock_;
  Store& store_;
  AuditJournal& journal_;
  StoreAlarm& store_alarm_;
  Log& log_;
  Complaint unknown_complaint_;
};

}  // namespace sallyport
