#include "server/gateway/session_sweep.hpp"

namespace sallyport {

std::vector<std::pair<EndReason, std::vector<SessionId>>> no_longer_trusted(const SessionRegistry& registry,
                                                                            Store& store, const TrustBundle& trust,
                                                                            bool anchors_changed) {
  std::vector<std::pair<EndReason, std::vector<SessionId>>> leaving;
  const auto collect = [&](EndReason reason, const std::function<bool(const SessionRegistry::Entry&)>& predicate) {
    auto sessions = registry.where(predicate);
    if (!sessions.empty()) leaving.emplace_back(reason, std::move(sessions));
  };
  const auto state_of = [&store](const SessionRegistry::Entry& entry) {
    const auto record = store.device(entry.grant.device);
    if (!record || !*record) return DeviceState::Revoked;
    return (*record)->accepts(entry.grant.serial) ? (*record)->state : DeviceState::Revoked;
  };
  collect(EndReason::DeviceRevoked, [&](const auto& entry) {
    return trust.is_revoked(entry.grant.serial) || state_of(entry) == DeviceState::Revoked;
  });
  collect(EndReason::DeviceDisabled, [&](const auto& entry) { return state_of(entry) == DeviceState::Disabled; });
  if (anchors_changed) collect(EndReason::TrustChanged, [](const auto&) { return true; });
  return leaving;
}

std::vector<SessionId> sessions_by_stale_certificates(const SessionRegistry& registry, Store& store,
                                                      const DeviceId& device) {
  const auto record = store.device(device);
  return registry.where([&](const SessionRegistry::Entry& entry) {
    if (entry.grant.device != device) return false;
    return !record || !*record || !(*record)->accepts(entry.grant.serial);
  });
}

std::vector<SessionId> sessions_sharing_proof(const SessionRegistry& registry, Store& store,
                                              const SessionGrant& proved_on) {
  const auto device = store.device(proved_on.device);
  if (!device || !*device) return {};
  return registry.where([&](const SessionRegistry::Entry& entry) {
    return entry.grant.id != proved_on.id && entry.grant.device == proved_on.device &&
           entry.grant.user == proved_on.user && (*device)->accepts(entry.grant.serial);
  });
}

}  // namespace sallyport
