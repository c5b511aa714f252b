#include "server/gateway/device_desk.hpp"

#include <utility>

namespace sallyport {

/// Where the authority's word is enough, a device that nobody knows becomes a known one.
std::optional<AdmissionRefusal> DeviceDesk::record_at_first_sight(const PeerIdentity& peer) {
  const auto* settings = peer.authority.empty() ? nullptr : snapshot_.config.authority(peer.authority);
  const auto is_new = is_first_sight(peer, settings, store_);
  if (!is_new && is_new.error() == AdmissionRefusal::TooManyUnknown) tell_too_many(*settings);
  if (!is_new) return is_new.error();
  if (!*is_new) return std::nullopt;
  AuditRecord audit;
  audit.event = "device.recorded";
  name_peer(audit, peer);
  audit.by = "authority " + peer.authority;
  if (!journal_.record(std::move(audit))) return AdmissionRefusal::AuditUnavailable;
  const auto added = store_.add_foreign({peer.device, peer.user, peer.authority, true}, Replace::No, clock_.latest());
  if (!added) return AdmissionRefusal::StoreUnavailable;
  log_.event(Level::Notice, "device.recorded", "an authority's device was seen for the first time",
             {{"device", peer.device.text()}, {"user", peer.user.text()}, {"authority", peer.authority}});
  return std::nullopt;
}

void DeviceDesk::tell_too_many(const AuthoritySettings& authority) {
  if (!unknown_complaint_.is_due(clock_.latest())) return;
  log_.event(Level::Warning, "authority.full",
             "as many devices as enrol_unknown_limit allows were recorded on this authority's word; revoke those that "
             "are gone, add those you know, or raise the limit: sallyportctl devices list",
             {{"authority", authority.rules.name},
              {"limit", authority.enrol_unknown_limit},
              {"count", unknown_complaint_.take_count()}});
}

/// For the forecast; nobody is refused because it cannot be written.
void DeviceDesk::note_certificate(const PeerIdentity& peer) {
  const auto noted =
      store_.note_certificate({peer.device, peer.authority, peer.serial_hex, peer.issuer, peer.certificate.not_after});
  if (!noted) store_alarm_.tell(noted.error(), clock_.latest());
}

}  // namespace sallyport
