#include "server/gateway/gateway.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

bool nobody(const SessionRegistry::Entry& /*entry*/) { return false; }

}  // namespace

Result<void, Diagnostics> Gateway::reload_trust(WhenDone when_done, const std::string& by) {
  const TimePoint asked = loop_.now().steady;
  auto trust = load_trust(snapshot_.config, loop_.now().wall);
  Result<void, Diagnostics> good = trust ? refuse_stranding(*trust, snapshot_.config.strand_limit) : fail(trust.error());
  if (good) good = remember_trust(snapshot_.config, *trust);
  if (!good) {
    // What the records say of devices waits for no file.
    end_departing(no_longer_trusted(nobody), asked, [](std::size_t) {});
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
  end_departing(no_longer_trusted(nobody), loop_.now().steady, when_done);
}

/// Why the session would not be admitted now. A record that cannot be read admits nobody.
std::optional<Gateway::Departure> Gateway::departure_of(const SessionRegistry::Entry& entry) {
  const auto record = store_->device(entry.grant.device);
  const bool counts = record && *record && (*record)->accepts(entry.grant.serial, entry.grant.authority);
  if (!counts || (*record)->state == DeviceState::Revoked) return Departure{EndReason::DeviceRevoked, CutCause::Revoke};
  const auto& bundle = *snapshot_.trust.bundle;
  const bool is_listed = bundle.authority_with(entry.grant.issuer) != nullptr &&
                         bundle.is_revoked_by(entry.grant.issuer, entry.grant.serial);
  if (is_listed) return Departure{EndReason::DeviceRevoked, CutCause::Crl};
  if ((*record)->state == DeviceState::Disabled) return Departure{EndReason::DeviceDisabled, CutCause::Disable};
  if ((*record)->user_disabled) return Departure{EndReason::UserDisabled, CutCause::UserDisable};
  return std::nullopt;
}

std::vector<Gateway::Departure> Gateway::no_longer_trusted(
    const std::function<bool(const SessionRegistry::Entry&)>& is_judged_anew) {
  std::vector<Departure> departing;
  registry_.for_each([&](const SessionRegistry::Entry& entry) {
    auto departure = departure_of(entry);
    if (!departure && is_judged_anew(entry)) departure = Departure{EndReason::TrustChanged, std::nullopt};
    if (!departure) return;
    auto same = std::find_if(departing.begin(), departing.end(), [&](const Departure& other) {
      return other.reason == departure->reason && other.cause == departure->cause;
    });
    if (same == departing.end()) same = departing.insert(same, std::move(*departure));
    same->sessions.push_back(entry.grant.id);
  });
  return departing;
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
