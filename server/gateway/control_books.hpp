#pragma once

#include "common/log/log.hpp"
#include "server/gateway/audit_journal.hpp"
#include "server/gateway/control_clock.hpp"
#include "server/gateway/session_registry.hpp"
#include "server/gateway/snapshot.hpp"
#include "server/gateway/store_alarm.hpp"
#include "server/store/store.hpp"

namespace sallyport {

/// What the parts of the control thread share: what counts now, what is on record, and where things are written down.
/// A part keeps those it uses. All of it outlives every part.
struct ControlBooks {
  const Snapshot& snapshot;
  ControlClock& clock;
  Store& store;
  SessionRegistry& registry;
  AuditJournal& journal;
  StoreAlarm& store_alarm;
  Log& log;
};

}  // namespace sallyport
