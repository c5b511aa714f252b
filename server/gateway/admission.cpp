#include "server/gateway/admission.hpp"

#include <algorithm>

namespace sallyport {
namespace {

std::optional<AdmissionRefusal> refusal_of(const DeviceRecord& record, const PeerIdentity& peer) {
  if (record.state == DeviceState::Revoked) return AdmissionRefusal::DeviceRevoked;
  if (record.state == DeviceState::Disabled) return AdmissionRefusal::DeviceDisabled;
  if (record.authority != peer.authority) return AdmissionRefusal::OtherAuthority;
  if (record.user_disabled) return AdmissionRefusal::UserDisabled;
  if (record.user != peer.user) return AdmissionRefusal::WrongUser;
  // Replaced by a newer enrolment: the older key may be in other hands.
  if (!record.accepts(peer.serial_hex, peer.authority)) return AdmissionRefusal::StaleCertificate;
  return std::nullopt;
}

}  // namespace

std::string_view name_of(AdmissionRefusal refusal) noexcept {
  switch (refusal) {
    case AdmissionRefusal::UnknownDevice:
      return "unknown_device";
    case AdmissionRefusal::OtherAuthority:
      return "other_authority";
    case AdmissionRefusal::WrongUser:
      return "wrong_user";
    case AdmissionRefusal::DeviceDisabled:
      return "device_disabled";
    case AdmissionRefusal::DeviceRevoked:
      return "device_revoked";
    case AdmissionRefusal::StaleCertificate:
      return "stale_certificate";
    case AdmissionRefusal::CertificateExpired:
      return "certificate_expired";
    case AdmissionRefusal::PoolExhausted:
      return "pool_exhausted";
    case AdmissionRefusal::TooManySessions:
      return "too_many_sessions";
    case AdmissionRefusal::StoreUnavailable:
      return "store_unavailable";
    case AdmissionRefusal::AuditUnavailable:
      return "audit_unavailable";
    case AdmissionRefusal::UserDisabled:
      return "user_disabled";
    case AdmissionRefusal::NoDrill:
      return "no_drill";
    case AdmissionRefusal::TooManyDevices:
      return "too_many_devices";
    case AdmissionRefusal::SourceChanged:
      return "source_changed";
    case AdmissionRefusal::NoRoomToMove:
      return "no_room_to_move";
    case AdmissionRefusal::TooOften:
      return "too_often";
    case AdmissionRefusal::TooManyUnknown:
      return "too_many_unknown";
  }
  return "unknown";
}

Problem problem_for(AdmissionRefusal refusal) {
  const auto make = [refusal](unsigned status, const char* detail) {
    return Problem{
        .status = status, .title = {}, .detail = detail, .reason = std::string{name_of(refusal)}, .code = {}};
  };
  switch (refusal) {
    case AdmissionRefusal::UnknownDevice:
      return make(403, "this gateway does not know this device; ask your administrator to enrol it");
    case AdmissionRefusal::OtherAuthority:
      return make(403, "the name of this device belongs to a device of another authority; ask your administrator");
    case AdmissionRefusal::WrongUser:
      return make(403, "this device is registered for another person; ask your administrator");
    case AdmissionRefusal::DeviceDisabled:
      return make(403, "this device is disabled; ask your administrator to enable it");
    case AdmissionRefusal::DeviceRevoked:
      return make(403, "this device was revoked; ask your administrator to enrol it again");
    case AdmissionRefusal::StaleCertificate:
      return make(403, "a newer certificate was issued for this device; install that one");
    case AdmissionRefusal::CertificateExpired:
      return make(403, "this device's certificate has expired; ask your administrator for a new one");
    case AdmissionRefusal::PoolExhausted:
      return make(503, "the gateway has no inside address left; tell your administrator");
    case AdmissionRefusal::TooManySessions:
      return make(503, "the gateway is full; try again later");
    case AdmissionRefusal::StoreUnavailable:
      return make(503, "the gateway cannot read its device records; tell your administrator");
    case AdmissionRefusal::AuditUnavailable:
      return make(503, "the gateway cannot write its audit record; tell your administrator");
    case AdmissionRefusal::UserDisabled:
      return make(403, "you are disabled at this gateway, with all your devices; ask your administrator");
    case AdmissionRefusal::NoDrill:
      return make(403, "no revocation drill is under way with this device; run: sallyportctl revoke --drill");
    case AdmissionRefusal::TooManyDevices:
      return make(403, "you are connected with as many devices as you may; disconnect one of them: sallyport down");
    case AdmissionRefusal::SourceChanged:
      return make(403,
                  "this device is connected from another place; disconnect it there, or wait until that connection is "
                  "given up");
    case AdmissionRefusal::NoRoomToMove:
      return make(503,
                  "this device, or the gateway, has as many connections as it may while sessions change; try again in "
                  "a few seconds");
    case AdmissionRefusal::TooOften:
      return make(503,
                  "this device connects again and again, faster than the gateway allows; try again in a minute, and if "
                  "that goes on, tell your administrator: its key may be in use on another machine too");
    case AdmissionRefusal::TooManyUnknown:
      return make(403,
                  "this gateway does not know this device, and takes no further ones on its authority's word; ask your "
                  "administrator to add it");
  }
  return make(503, "the gateway did not admit this device");
}

std::optional<AdmissionRefusal> refusal_by_record(const PeerIdentity& peer, Store& store, WallTime now) {
  // The handshake keeps these apart; none may come here.
  if (peer.standing != PeerStanding::Good) return AdmissionRefusal::CertificateExpired;
  // A session would end in the second that it began in.
  if (now >= std::min(peer.not_after, peer.issuer_ends)) return AdmissionRefusal::CertificateExpired;
  const auto record = store.device(peer.device);
  if (!record) return AdmissionRefusal::StoreUnavailable;
  if (!*record) return AdmissionRefusal::UnknownDevice;
  return refusal_of(**record, peer);
}

Result<bool, AdmissionRefusal> is_first_sight(const PeerIdentity& peer, const AuthoritySettings* authority,
                                              Store& store) {
  if (authority == nullptr || !authority->enrol_unknown) return false;
  const auto known = store.device(peer.device);
  if (!known) return fail(AdmissionRefusal::StoreUnavailable);
  if (*known) return false;
  const auto count = store.count_first_sights(peer.authority);
  if (!count) return fail(AdmissionRefusal::StoreUnavailable);
  if (*count >= authority->enrol_unknown_limit) return fail(AdmissionRefusal::TooManyUnknown);
  return true;
}

Result<Lease, AdmissionRefusal> lease_of(const DeviceId& device, Store& store, const GatewayConfig& config,
                                         WallTime now, const Store::MayLoseLease& may_lose_lease) {
  auto lease = store.lease(device, config.pool, now, may_lose_lease);
  if (lease) return std::move(*lease);
  return fail(lease.error().problem == StoreProblem::Exhausted ? AdmissionRefusal::PoolExhausted
                                                               : AdmissionRefusal::StoreUnavailable);
}

}  // namespace sallyport
