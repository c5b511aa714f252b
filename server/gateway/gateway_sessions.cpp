#include "server/gateway/gateway.hpp"

#include <algorithm>
#include <utility>

// What [sessions] in gateway.toml says, and draining.

namespace sallyport {
namespace {

/// After a start the devices that had addresses are still on their way back.
constexpr auto kReturnTime = std::chrono::minutes{1};
/// How exactly it is known which address was used last: for an exhausted pool.
constexpr auto kLeaseGrain = std::chrono::hours{1};

}  // namespace

/// False: what was proved at this device cannot be taken back as it must.
bool Gateway::note_source(const SessionGrant& grant) {
  const auto rule = snapshot_.config.sessions.source_change;
  if (rule == SourceChange::Allow) return true;
  const auto tell = [&](const char* event, const SessionGrant& other, const std::string& reason) {
    AuditRecord audit = journal_.record_of(event, grant);
    audit.reason = reason;
    audit.destination = other.source.to_string();
    if (journal_.may_tell(audit, kDeviceRefusalRation)) (void)journal_.record(std::move(audit));
  };
  const auto* carrier = registry_.carrier(grant.device);
  if (carrier != nullptr && !is_same_place(carrier->grant.source, grant.source)) {
    ++counts_.source_changed;
    tell("session.source_changed", carrier->grant, std::string{name_of(rule)});
    if (rule == SourceChange::Prove && !store_.forget_proofs(grant.device)) return false;
  }
  if (carrier != nullptr) return true;
  registry_.for_each_of(grant.user, [&](const SessionRegistry::Entry& entry) {
    const bool is_other = entry.grant.device != grant.device && entry.started;
    if (is_other && !is_same_place(entry.grant.source, grant.source))
      tell("session.elsewhere", entry.grant, "connected from there with " + entry.grant.device.text());
  });
  return true;
}

/// Addresses of devices that are not connected go to others when the pool has no more, the longest unused first. A
/// drill's device, which is gone in a minute, takes nobody's but a revoked one's. Who is connected keeps his, and be it
/// for the moment that a revoked device's session takes to end: no address ever has two sessions.
Store::MayLoseLease Gateway::may_lose_lease(const SessionGrant& draft) {
  const bool all_are_back = clock_.now().steady - started_ >= kReturnTime;
  return [this, all_are_back, is_drill = draft.own_policy != nullptr](const DeviceId& device, bool is_revoked) {
    if (registry_.has(device)) return false;
    return is_revoked || (!is_drill && (all_are_back || returned_.contains(device)));
  };
}

void Gateway::note_leased(const PeerIdentity& peer, const Lease& lease) {
  if (clock_.now().steady - started_ >= kReturnTime)
    returned_.clear();
  else
    returned_.insert(peer.device);
  for (const auto& device : lease.taken_from) {
    AuditRecord audit;
    audit.event = "lease.moved";
    audit.device = device.text();
    audit.reason = "the pool has no address left; this one went to " + peer.device.text();
    if (journal_.may_tell(audit, kDeviceRefusalRation)) (void)journal_.record(std::move(audit));
  }
}

void Gateway::make_room(const SessionGrant& grant, const std::vector<SessionId>& sessions) {
  if (sessions.empty()) return;
  log_.event(Level::Notice, "session.room", "the oldest session of a person makes room for another device",
             {{"user", grant.user.text()}, {"device", grant.device.text()}});
  orders_.end_sessions(sessions, EndReason::TooManyDevices, [](std::size_t) {});
}

/// A device that was asked to move, or that comes with a newer certificate, is none that flaps.
void Gateway::note_take_over(const SessionRegistry::Entry& older, const report::Ended& ended) {
  const auto* newest = registry_.newest(older.grant.device);
  const bool has_renewed = newest != nullptr && newest->grant.serial != older.grant.serial;
  if (ended.was_told_to_move || has_renewed) return;
  const auto times = flaps_.note(older.grant.device, clock_.now().steady);
  if (!times) return;
  ++counts_.flapping;
  AuditRecord audit = journal_.record_of("session.flapping", older.grant);
  audit.reason = "took over from itself " + std::to_string(*times) + " times in a minute";
  (void)journal_.record(std::move(audit));
  log_.event(Level::Warning, "session.flapping",
             "a device takes over from itself again and again: is its key on two laptops?",
             {{"device", older.grant.device.text()}, {"user", older.grant.user.text()}, {"times", *times}});
}

/// For live sessions too.
void Gateway::use_session_settings() {
  const auto& settings = snapshot_.config.sessions;
  orders_.tell(command::ReplaceLimits{limits_of(settings)});
  auto beyond = beyond_limit(registry_, settings);
  if (!beyond.empty()) orders_.end_sessions(beyond, EndReason::TooManyDevices, [](std::size_t) {});
}

bool Gateway::drain(std::chrono::seconds period, bool then_stop, const std::string& by) {
  stops_after_drain_ |= then_stop;
  if (then_stop) handshakes_->stop_accepting();
  if (is_stopping_) return false;
  const TimePoint now = clock_.now().steady;
  if (drain_) {
    if (then_stop) note_drain("to stop, after the drain under way", drain_->left(now), by);
    return then_stop;
  }
  drain_.emplace(registry_.where([](const auto&) { return true; }), period, now);
  note_drain(then_stop ? "to stop" : "to move", period, by);
  log_.event(Level::Notice, "gateway.draining", "every session is asked to move",
             {{"sessions", drain_->sessions().size()}, {"seconds", period.count()}, {"by", by}});
  on_drain();
  return true;
}

void Gateway::note_drain(const char* what, std::chrono::seconds left, const std::string& by) {
  AuditRecord audit;
  audit.event = "gateway.draining";
  audit.by = by;
  audit.counts = {{"sessions", drain_->sessions().size()}, {"seconds", static_cast<std::uint64_t>(left.count())}};
  audit.reason = what;
  (void)journal_.record(std::move(audit));
}

void Gateway::on_drain() {
  const TimePoint now = clock_.now().steady;
  auto due = drain_->take_due(now);
  if (!due.empty()) orders_.tell(command::Drain{std::move(due), drain_->left(now)});
  const auto& sessions = drain_->sessions();
  const bool is_empty =
      std::none_of(sessions.begin(), sessions.end(), [this](SessionId id) { return registry_.find(id) != nullptr; });
  if (is_empty || drain_->is_over(now)) return end_drain();
  drain_timer_.arm_at(std::min(drain_->next_due(), now + std::chrono::seconds{1}));
}

/// What has not moved ends by itself now, as it was told.
void Gateway::end_drain() {
  drain_.reset();
  log_.event(Level::Notice, "gateway.drained", "the sessions that were there have moved or ended");
  if (std::exchange(stops_after_drain_, false)) stop();
}

/// Now and then, so that the address of who is connected is never the longest unused.
void Gateway::touch_leases() {
  const Now now = clock_.now();
  if (now.steady - leases_touched_ < kLeaseGrain) return;
  leases_touched_ = now.steady;
  std::vector<DeviceId> devices;
  registry_.for_each([&](const SessionRegistry::Entry& entry) { devices.push_back(entry.grant.device); });
  if (const auto touched = store_.touch_leases(devices, now.wall); !touched)
    log_.event(Level::Error, "store.failed", to_string(touched.error()));
}

}  // namespace sallyport
