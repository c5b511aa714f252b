#include "server/gateway/session_rules.hpp"

#include <algorithm>
#include <map>

namespace sallyport {
namespace {

constexpr std::size_t kNetworkOctets = 8;

/// A device of a person, with all its sessions.
struct Connected {
  TimePoint since = TimePoint::max();
  std::vector<SessionId> sessions{};
};
using Devices = std::map<DeviceId, Connected>;

void add(Devices& devices, const SessionRegistry::Entry& entry) {
  auto& connected = devices[entry.grant.device];
  connected.since = std::min(connected.since, entry.connected_since);
  connected.sessions.push_back(entry.grant.id);
}

/// The sessions of the `count` devices that come first, oldest or newest first.
std::vector<SessionId> sessions_of(const Devices& devices, std::size_t count, bool oldest_first) {
  std::vector<const Connected*> order;
  for (const auto& [id, connected] : devices) order.push_back(&connected);
  std::stable_sort(order.begin(), order.end(), [oldest_first](const Connected* a, const Connected* b) {
    return oldest_first ? a->since < b->since : a->since > b->since;
  });
  std::vector<SessionId> sessions;
  for (std::size_t i = 0; i < std::min(count, order.size()); ++i)
    sessions.insert(sessions.end(), order[i]->sessions.begin(), order[i]->sessions.end());
  return sessions;
}

}  // namespace

RoomForDevice room_for(const SessionRegistry& registry, const UserId& user, const DeviceId& device,
                       const SessionSettings& settings) {
  if (!settings.per_user) return {};
  Devices others;
  registry.for_each_of(user, [&](const SessionRegistry::Entry& entry) {
    if (entry.grant.device != device) add(others, entry);
  });
  if (others.size() < *settings.per_user) return {};
  if (settings.per_user_full == PerUserFull::Refuse) return {.is_refused = true};
  return {.is_refused = false, .ends = sessions_of(others, others.size() + 1 - *settings.per_user, true)};
}

std::vector<SessionId> beyond_limit(const SessionRegistry& registry, const SessionSettings& settings) {
  if (!settings.per_user) return {};
  std::map<UserId, Devices> people;
  registry.for_each([&](const SessionRegistry::Entry& entry) { add(people[entry.grant.user], entry); });
  std::vector<SessionId> beyond;
  for (const auto& [user, devices] : people) {
    if (devices.size() <= *settings.per_user) continue;
    const auto ends =
        sessions_of(devices, devices.size() - *settings.per_user, settings.per_user_full == PerUserFull::EndOldest);
    beyond.insert(beyond.end(), ends.begin(), ends.end());
  }
  return beyond;
}

bool is_elsewhere(const SessionRegistry& registry, const SessionGrant& grant, const SessionSettings& settings) {
  if (settings.source_change != SourceChange::Refuse) return false;
  const auto* carrier = registry.carrier(grant.device);
  return carrier != nullptr && !is_same_place(carrier->grant.source, grant.source);
}

SessionLimits limits_of(const SessionSettings& settings) noexcept {
  return {.lifetime = settings.lifetime, .idle_limit = settings.idle_limit, .dead_peer = settings.dead_peer};
}

bool is_same_place(const IpAddress& a, const IpAddress& b) noexcept {
  if (a.version() != b.version()) return false;
  if (a.is_v4()) return a == b;
  return std::equal(a.octets().begin(), a.octets().begin() + kNetworkOctets, b.octets().begin());
}

}  // namespace sallyport
