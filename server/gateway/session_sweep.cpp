#include "server/gateway/session_sweep.hpp"

#include "common/pki/succession.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

namespace sallyport {

namespace {

/// From so many sessions on all records are read at once: one by one, ten thousand of them take half a second, and
/// whoever is to be cut goes on for as long.
constexpr std::size_t kMany = 256;

using Record = Store::Outcome<std::optional<DeviceRecord>>;
using RecordOf = std::function<Record(const DeviceId&)>;

RecordOf all_records(Store& store) {
  auto devices = store.devices();
  if (!devices) return [error = devices.error()](const DeviceId&) { return Record{fail(error)}; };
  auto records = std::make_shared<std::unordered_map<DeviceId, DeviceRecord>>();
  for (auto& device : *devices) {
    DeviceId id = device.id;
    records->emplace(std::move(id), std::move(device));
  }
  return [records](const DeviceId& id) {
    const auto found = records->find(id);
    return Record{found == records->end() ? std::nullopt : std::optional{found->second}};
  };
}

/// A record that cannot be read admits nobody.
std::optional<Departure> departure_of(const SessionRegistry::Entry& entry, const RecordOf& record_of,
                                      const TrustBundle& trust) {
  const SessionGrant& grant = entry.grant;
  const auto record = record_of(grant.device);
  const bool counts = record && *record && (*record)->accepts(grant.serial, grant.authority);
  if (!counts || (*record)->state == DeviceState::Revoked) return Departure{EndReason::DeviceRevoked, CutCause::Revoke};
  const bool is_listed =
      trust.authority_with(grant.issuer) != nullptr && trust.is_revoked_by(grant.issuer, grant.serial);
  if (is_listed) return Departure{EndReason::DeviceRevoked, CutCause::Crl};
  if ((*record)->state == DeviceState::Disabled) return Departure{EndReason::DeviceDisabled, CutCause::Disable};
  if ((*record)->user_disabled) return Departure{EndReason::UserDisabled, CutCause::UserDisable};
  return std::nullopt;
}

}  // namespace

std::vector<Departure> no_longer_trusted(const SessionRegistry& registry, Store& store, const TrustBundle& trust,
                                         const std::function<bool(const SessionRegistry::Entry&)>& is_judged_anew) {
  std::vector<Departure> departing;
  const auto record_of = registry.size() < kMany ? RecordOf{[&store](const DeviceId& id) { return store.device(id); }}
                                                 : all_records(store);
  registry.for_each([&](const SessionRegistry::Entry& entry) {
    auto departure = departure_of(entry, record_of, trust);
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

std::function<bool(const SessionRegistry::Entry&)> has_lost_its_authority(const TrustBundle& trust) {
  std::set<std::pair<std::string, std::string>> trusted;
  for (const auto& authority : trust.authorities())
    trusted.emplace(trust.rules_of(authority).name, fingerprint_of(authority.der));
  return [trusted = std::move(trusted)](const SessionRegistry::Entry& entry) {
    return !trusted.contains({entry.grant.authority, entry.issuer});
  };
}

std::vector<SessionId> sessions_by_stale_certificates(const SessionRegistry& registry, Store& store,
                                                      const DeviceId& device) {
  const auto record = store.device(device);
  return registry.where([&](const SessionRegistry::Entry& entry) {
    if (entry.grant.device != device) return false;
    return !record || !*record || !(*record)->accepts(entry.grant.serial, entry.grant.authority);
  });
}

std::vector<SessionId> sessions_sharing_proof(const SessionRegistry& registry, Store& store,
                                              const SessionGrant& proved_on) {
  const auto device = store.device(proved_on.device);
  if (!device || !*device) return {};
  return registry.where([&](const SessionRegistry::Entry& entry) {
    return entry.grant.id != proved_on.id && entry.grant.device == proved_on.device &&
           entry.grant.user == proved_on.user && (*device)->accepts(entry.grant.serial, entry.grant.authority);
  });
}

}  // namespace sallyport
