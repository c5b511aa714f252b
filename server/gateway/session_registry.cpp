#include "server/gateway/session_registry.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {

std::optional<SessionId> SessionRegistry::add(Entry entry) {
  const SessionId id = entry.grant.id;
  std::optional<SessionId> older;
  const auto [newest, is_first] = newest_.try_emplace(entry.grant.device, id);
  if (!is_first) older = std::exchange(newest->second, id);
  sessions_.insert_or_assign(id, std::move(entry));
  return older;
}

void SessionRegistry::remove(SessionId id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  const auto newest = newest_.find(found->second.grant.device);
  if (newest != newest_.end() && newest->second == id) newest_.erase(newest);
  sessions_.erase(found);
}

SessionRegistry::Entry* SessionRegistry::find(SessionId id) {
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
