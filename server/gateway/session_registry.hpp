#pragma once

#include "server/session/session_grant.hpp"
#include "server/session/session_life.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
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
    bool started = false;                    ///< it carries
    TimePoint connected_since{};             ///< of the first in the row of sessions that took over from each other
    std::string issuer{};                    ///< fingerprint of the authority of its certificate
    std::vector<std::string> authorities{};  ///< that the device trusts, by its own word in this session
    std::uint64_t attested = 0;
    bool is_told = true;                           ///< its start was recorded one by one, so its end will be
    bool is_attested = false;                      ///< and that was recorded, with no refusal since
    std::unordered_set<std::string> allowed_by{};  ///< rules that let something through, as recorded: "POLICY RULE"
  };

  /// `count` numbers from `first` on, which no other process has used or will use. What is left of earlier ones is
  /// dropped.
  void give_numbers(std::uint64_t first, std::uint64_t count) noexcept {
    next_id_ = first;
    end_id_ = first + count;
  }
  [[nodiscard]] bool has_numbers() const noexcept { return next_id_ < end_id_; }
  /// Requires has_numbers().
  [[nodiscard]] SessionId next_id() noexcept { return SessionId{next_id_++}; }

  /// Adds a session, beside those that its device has: which of them carries, the worker decides.
  void add(Entry entry);
  void remove(SessionId id);

  [[nodiscard]] bool has(const DeviceId& device) const { return by_device_.contains(device); }
  /// The latest session of the device, whether or not it carries yet.
  [[nodiscard]] const Entry* newest(const DeviceId& device) const;
  /// The session of the device that carries; null: none does.
  [[nodiscard]] const Entry* carrier(const DeviceId& device) const;
  [[nodiscard]] Entry* find(SessionId id);
  [[nodiscard]] const Entry* find(SessionId id) const;
  [[nodiscard]] std::size_t size() const noexcept { return sessions_.size(); }
  /// Devices that have a session, or several.
  [[nodiscard]] std::size_t devices() const noexcept { return by_device_.size(); }

  /// The sessions of this person.
  template <class Visit>
  void for_each_of(const UserId& user, Visit visit) const {
    const auto theirs = by_user_.find(user);
    if (theirs == by_user_.end()) return;
    for (const SessionId id : theirs->second) visit(sessions_.at(id));
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [id, entry] : sessions_) visit(entry);
  }
  template <class Change>
  void for_each_evidence(Change change) {
    for (auto& [id, entry] : sessions_) change(entry.grant, entry.evidence);
  }
  [[nodiscard]] std::vector<SessionId> where(const std::function<bool(const Entry&)>& predicate) const;

 private:
  std::uint64_t next_id_ = 1;
  std::uint64_t end_id_ = 1;
  std::unordered_map<SessionId, Entry> sessions_;
  std::unordered_map<DeviceId, std::vector<SessionId>> by_device_;  ///< none is empty
  std::unordered_map<UserId, std::vector<SessionId>> by_user_;      ///< likewise
};

}  // namespace sallyport
