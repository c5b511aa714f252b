#include "server/gateway/drill_keeper.hpp"

#include "server/enrolment/drill_identity.hpp"

#include <utility>

namespace sallyport {

Result<IpAddress, std::string> DrillKeeper::begin(const DeviceId& device, std::uint16_t port, const std::string& by) {
  if (drill_) return fail(std::string{"another drill is under way; try again in a minute"});
  const auto known = store_.device(device);
  if (!known) return fail(known.error().words);
  const bool is_ours = *known && is_drill((*known)->user) && (*known)->state == DeviceState::Active;
  if (!is_ours) return fail("the device \"" + device.text() + "\" is no drill's");
  const auto target = drill_target(snapshot_.config.pool);
  auto policy = drill_policy(target, port);
  if (!policy) return fail(policy.error());
  if (!journal_.note_device(device, "drill.begun", by)) return fail(std::string{"the audit record cannot be written"});
  drill_ = Drill{device, std::move(*policy), clock_.now().steady + kLongestDrill};
  return target;
}

void DrillKeeper::end() {
  const auto over = std::exchange(drill_, std::nullopt);
  const auto sessions = registry_.where([](const SessionRegistry::Entry& entry) { return is_drill(entry.grant.user); });
  if (!sessions.empty()) orders_.end_sessions(sessions, EndReason::EndedByAdmin, [](std::size_t) {});
  if (over) (void)journal_.note_device(over->device, "drill.ended", {});
  const auto forgotten = store_.forget_devices_of(UserId{std::string{kDrillUser}}, clock_.now().wall);
  if (!forgotten) {
    log_.event(Level::Error, "store.failed",
               to_string(forgotten.error()) + "; a drill's device stays on record, and is refused as if it were not");
  }
}

void DrillKeeper::handle_timeout() {
  if (drill_ && clock_.now().steady >= drill_->ends) end();
}

}  // namespace sallyport
