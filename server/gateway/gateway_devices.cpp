#include "server/gateway/gateway.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace sallyport {
namespace {

bool nobody(const SessionRegistry::Entry& /*entry*/) { return false; }

/// Who is expected at a start: so many devices share few tables.
constexpr std::size_t kExpected = 1000;
/// A table of more rules takes as long as a start may be held up by all of them: 10,000 took 23 ms.
constexpr std::size_t kMostRules = 10'000;

}  // namespace

/// Whoever comes first after a start would wait for the compiler, and others behind them. What their certificate shows
/// when they come decides as ever: this is the work done ahead, and its result is looked up by what the rules say.
void Gateway::expect_devices() {
  const Policy& policy = *snapshot_.policy.policy;
  const auto devices = store_->devices();
  if (!devices) return;
  if (!devices->empty()) store_->read_ahead(devices->front());
  // Asked again by each that comes; the first one need not wait for the disk's room.
  (void)audit_.has_room_for(registry_.size() + 1, loop_.now());
  if (policy.rules().size() > kMostRules) return;
  const WallTime now = loop_.now().wall;
  for (const auto& device : std::span{*devices}.first(std::min(kExpected, devices->size()))) {
    if (shelf_.is_full()) return;
    if (device.state != DeviceState::Active || device.user_disabled) continue;
    const auto rights = policy.rights_for(
        {.user = device.user, .device = device.id, .certificate_expires = device.not_after, .key_proved = now}, now);
    // Nothing would hold it, and each further device would have it compiled anew.
    if (rights->table()->size() > RightsShelf::kUsual) return;
    (void)rights->routes(now);
    shelf_.keep(rights->table());
  }
}

Result<void, Diagnostics> Gateway::reload_trust(WhenDone when_done, const std::string& by) {
  const TimePoint asked = loop_.now().steady;
  auto trust = load_trust(snapshot_.config, clock_.at(loop_.now()), snapshot_.trust.bundle.get());
  Result<void, Diagnostics> good =
      trust ? refuse_stranding(*trust, snapshot_.config.strand_limit) : fail(trust.error());
  if (good) good = remember_trust(snapshot_.config, *trust);
  if (!good) {
    // What the records say of devices waits for no file.
    end_departing(no_longer_trusted(registry_, *store_, *snapshot_.trust.bundle, nobody), asked, [](std::size_t) {});
    note_refused_reload(by, good.error());
    return good;
  }
  use_trust(std::move(*trust), asked, [this, by, when_done = std::move(when_done)](std::size_t ended) {
    note_reload("trust.reload", by, ended);
    when_done(ended);
  });
  return {};
}

void Gateway::recheck_devices(WhenDone when_done) {
  end_departing(no_longer_trusted(registry_, *store_, *snapshot_.trust.bundle, nobody), loop_.now().steady, when_done);
}

/// Commands are carried out in order: when the last is done, all are.
void Gateway::end_departing(const std::vector<Departure>& departing, TimePoint asked, const WhenDone& when_done) {
  if (departing.empty()) return when_done(0);
  std::size_t count = 0;
  for (const auto& each : departing) count += each.sessions.size();
  for (const auto& each : departing) {
    const bool is_last = &each == &departing.back();
    const auto origin = each.cause ? std::optional{CutOrigin{*each.cause, asked}} : std::nullopt;
    end_sessions(
        each.sessions, each.reason,
        [is_last, count, when_done](std::size_t) {
          if (is_last) when_done(count);
        },
        origin);
  }
}

bool Gateway::note_device(const DeviceId& device, const std::string& event, const std::string& by) {
  const auto known = store_->device(device);
  AuditRecord audit;
  audit.event = event;
  audit.device = device.text();
  if (known && *known) audit.user = (*known)->user.text();
  if (known && *known) audit.serial = (*known)->serial;
  audit.by = by;
  return record(std::move(audit));
}

bool Gateway::note_user(const UserId& user, const std::string& event, const std::string& by,
                        const std::string& reason) {
  AuditRecord audit;
  audit.event = event;
  audit.user = user.text();
  audit.reason = reason;
  audit.by = by;
  log_.event(Level::Notice, event, "what a person may do at all was changed", {{"user", user.text()}, {"by", by}});
  return record(std::move(audit));
}

void Gateway::note_policy_command() noexcept {
  if (!policies_.is_changing()) policy_asked_ = loop_.now().steady;
}

void Gateway::on_flows_cut(const report::FlowsCut& cut) {
  for (const auto& each : cut.cuts) cuts_.add(each);
}

}  // namespace sallyport
