#include "server/gateway/session_registry.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {

void SessionRegistry::add(Entry entry) {
  const SessionId id = entry.grant.id;
  auto& siblings = by_device_[entry.grant.device];
  entry.connected_since = entry.since;
  for (const SessionId sibling : siblings)
    entry.connected_since = std::min(entry.connected_since, find(sibling)->connected_since);
  siblings.push_back(id);
  by_user_[entry.grant.user].push_back(id);
  sessions_.insert_or_assign(id, std::move(entry));
}

const SessionRegistry::Entry* SessionRegistry::newest(const DeviceId& device) const {
  const auto siblings = by_device_.find(device);
  return siblings == by_device_.end() ? nullptr : &sessions_.at(siblings->second.back());
}

const SessionRegistry::Entry* SessionRegistry::carrier(const DeviceId& device) const {
  const auto siblings = by_device_.find(device);
  if (siblings == by_device_.end()) return nullptr;
  const Entry* carrier = nullptr;
  for (const SessionId id : siblings->second) {
    const auto& entry = sessions_.at(id);
    if (entry.started && (carrier == nullptr || carrier->grant.id < id)) carrier = &entry;
  }
  return carrier;
}

void SessionRegistry::remove(SessionId id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  const auto siblings = by_device_.find(found->second.grant.device);
  std::erase(siblings->second, id);
  if (siblings->second.empty()) by_device_.erase(siblings);
  const auto theirs = by_user_.find(found->second.grant.user);
  std::erase(theirs->second, id);
  if (theirs->second.empty()) by_user_.erase(theirs);
  sessions_.erase(found);
}

SessionRegistry::Entry* SessionRegistry::find(SessionId id) {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : &found->second;
}

const SessionRegistry::Entry* SessionRegistry::find(SessionId id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : &found->second;
}

std::vector<SessionId> SessionRegistry::where(const std::function<bool(const Entry&)>& predicate) const {
  std::vector<SessionId> ids;
  for (const auto& [id, entry] : sessions_) {
    if (predicate(entry)) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace sallyport
