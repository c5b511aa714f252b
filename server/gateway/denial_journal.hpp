#pragma once

#include "common/base/time.hpp"
#include "server/session/session.hpp"
#include "server/session/session_grant.hpp"

#include <deque>
#include <string>
#include <string_view>

namespace sallyport {

/// The latest refusals, by the reference code the employee was shown. Bounded; the audit file holds them all.
class DenialJournal {
 public:
  struct Entry {
    WallTime time;
    SessionGrant grant;
    Session::Denied denial;
    std::string rule;
    std::string policy_hash;
  };

  void add(Entry entry) {
    if (entries_.size() >= kKept) entries_.pop_front();
    entries_.push_back(std::move(entry));
  }

  /// Newest first.
  [[nodiscard]] const Entry* find(std::string_view code) const {
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
      if (entry->denial.code == code) return &*entry;
    }
    return nullptr;
  }

 private:
  static constexpr std::size_t kKept = 4096;
  std::deque<Entry> entries_;
};

}  // namespace sallyport
