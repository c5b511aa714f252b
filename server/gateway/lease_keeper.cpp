#include "server/gateway/lease_keeper.hpp"

#include <utility>
#include <vector>

namespace sallyport {
namespace {

/// After a start the devices that had addresses are still on their way back.
constexpr auto kReturnTime = std::chrono::minutes{1};
/// How exactly it is known which address was used last: for an exhausted pool.
constexpr auto kLeaseGrain = std::chrono::hours{1};

}  // namespace

/// Addresses of devices that are not connected go to others when the pool has no more, the longest unused first. A
/// drill's device, which is gone in a minute, takes nobody's but a revoked one's. Who is connected keeps his, and be it
/// for the moment that a revoked device's session takes to end: no address ever has two sessions.
Store::MayLoseLease LeaseKeeper::may_lose_lease(const SessionGrant& draft) const {
  const bool all_are_back = clock_.now().steady - started_ >= kReturnTime;
  return [this, all_are_back, is_drill = draft.own_policy != nullptr](const DeviceId& device, bool is_revoked) {
    if (registry_.has(device)) return false;
    return is_revoked || (!is_drill && (all_are_back || returned_.contains(device)));
  };
}

void LeaseKeeper::note_leased(const PeerIdentity& peer, const Lease& lease) {
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

/// Now and then, so that the address of who is connected is never the longest unused.
void LeaseKeeper::touch_leases() {
  const Now now = clock_.now();
  if (now.steady - touched_ < kLeaseGrain) return;
  touched_ = now.steady;
  std::vector<DeviceId> devices;
  registry_.for_each([&](const SessionRegistry::Entry& entry) { devices.push_back(entry.grant.device); });
  if (const auto touched = store_.touch_leases(devices, now.wall); !touched)
    log_.event(Level::Error, "store.failed", to_string(touched.error()));
}

}  // namespace sallyport
