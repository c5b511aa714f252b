#pragma once

#include "server/session/session_grant.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

namespace sallyport {

/// The control thread's book of the sessions that live on the workers. Pure.
class SessionRegistry {
 public:
  struct Entry {
    SessionGrant grant;
    Evidence evidence;  ///< as the worker last told it
    std::uint64_t trust_generation = 0;
    TimePoint since;
    WallTime since_wall{};
    bool started = false;  ///< its upgrade was accepted
  };

  /// `first`: above every number an earlier process can have used, so that records stay unambiguous over a restart.
  explicit SessionRegistry(std::uint64_t first = 1) : last_id_{first - 1} {}

  [[nodiscard]] SessionId next_id() noexcept { return SessionId{++last_id_}; }

  /// Adds a session; the device's older session, when there is one, is returned and must be ended: newest wins.
  [[nodiscard]] std::optional<SessionId> add(Entry entry);
  void remove(SessionId id);

  [[nodiscard]] bool has(const DeviceId& device) const { return newest_.contains(device); }
  [[nodiscard]] Entry* find(SessionId id);
  [[nodiscard]] std::size_t size() const noexcept { return sessions_.size(); }

  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [id, entry] : sessions_) visit(entry);
  }
  template <class Change>
  void for_each_evidence(Change change) {
    for (auto& [id, entry] : sessions_) change(entry.evidence);
  }
  [[nodiscard]] std::vector<SessionId> where(const std::function<bool(const Entry&)>& predicate) const;

 private:
  std::uint64_t last_id_;
  std::unordered_map<SessionId, Entry> sessions_;
  std::unordered_map<DeviceId, SessionId> newest_;
};

}  // namespace sallyport
