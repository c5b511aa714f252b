#pragma once

#include "server/gateway/audit_keeper.hpp"
#include "server/gateway/control_clock.hpp"
#include "server/gateway/ration_book.hpp"
#include "server/gateway/session_registry.hpp"
#include "server/gateway/snapshot.hpp"
#include "server/store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace sallyport {

/// Who is at the other end, as its certificate says.
void name_peer(AuditRecord& audit, const PeerIdentity& peer);

/// What the gateway writes into its audit file: records with all that such a record must carry, and those that others
/// bring about as often as they care to within their rations. Only on the control thread.
class AuditJournal {
 public:
  /// All outlive this.
  AuditJournal(const Snapshot& snapshot, const SessionRegistry& registry, Store& store, const ControlClock& clock,
               Log& log)
      : snapshot_{snapshot}, registry_{registry}, store_{store}, clock_{clock}, log_{log}, audit_{log} {}

  [[nodiscard]] Result<void, FileError> open() { return audit_.open(snapshot_.config, clock_.now()); }
  /// The configuration is another one.
  void use_settings() { audit_.use(snapshot_.config); }

  /// False: it is not written, and what it speaks of must not happen.
  bool record(AuditRecord record);
  /// A record about this session: who and what it is, and how old what is known of it.
  [[nodiscard]] AuditRecord record_of(const char* event, const SessionGrant& grant) const;
  /// That an administrator, or a drill, changed what is on record of this device, or of this person.
  bool note_device(const DeviceId& device, const std::string& event, const std::string& by);
  bool note_user(const UserId& user, const std::string& event, const std::string& by, const std::string& reason);

  /// Whether `audit`, which its device brings about as often as it cares to, is to be written. False: it was counted.
  [[nodiscard]] bool may_tell(const AuditRecord& audit, const Ration& ration);
  /// The same of a refusal. A device that is on record has rations of its own, whoever else is refused; all others
  /// share theirs, by reason.
  [[nodiscard]] bool may_tell_refusal(const AuditRecord& audit, const DeviceId& device);
  /// It is not written, whatever the ration says.
  void leave_out(const AuditRecord& audit, const Ration& ration);
  /// `count` refusals of strangers are not written one by one; `audit` is like the last of them.
  void leave_out_refusals(const AuditRecord& audit, std::uint64_t count);
  /// Says of what was left out what is due; `is_last`: all of it. Kept while it cannot be written.
  void tell_left_out(bool is_last);

  /// Once a second.
  void tick() { audit_.tick(clock_.now()); }
  /// Before one more session begins: false, when its end might find no room.
  [[nodiscard]] bool has_room_for(std::size_t sessions) { return audit_.has_room_for(sessions, clock_.now()); }
  /// It has failed for longer than live sessions may go on.
  [[nodiscard]] bool ends_sessions() const { return audit_.ends_sessions(clock_.now().steady); }

  [[nodiscard]] AuditKeeper::State state() const { return audit_.state(); }
  /// Records that exceeded the ration of their kind.
  [[nodiscard]] std::uint64_t left_out() const noexcept { return rations_.left_out(); }

 private:
  [[nodiscard]] bool tell_left_out(const AuditRecord& summary);

  const Snapshot& snapshot_;
  const SessionRegistry& registry_;
  Store& store_;
  const ControlClock& clock_;
  Log& log_;
  AuditKeeper audit_;
  RationBook rations_;
};

}  // namespace sallyport
