#pragma once

#include "common/base/time.hpp"
#include "server/record/decision_record.hpp"
#include "server/session/session.hpp"
#include "server/session/session_grant.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport {

/// The latest refusals, by the reference code the employee was shown. Bounded; the audit file holds them all.
class DenialJournal {
 public:
  struct Entry {
    SessionGrant grant;
    Session::Denied denial;  ///< without its policy
    std::optional<RuleReference> rule;
    std::string policy_hash;
    std::weak_ptr<const Policy> policy;  ///< gone once several newer ones have refused something
  };

  /// `denial` as its worker told it.
  [[nodiscard]] static Entry entry_of(const SessionGrant& grant, Session::Denied denial) {
    const auto policy = std::exchange(denial.policy, nullptr);
    const auto rule = denial.decision.rule;
    return {grant, std::move(denial), reference_to(*policy, rule), policy->hash(), policy};
  }

  void add(Entry entry) {
    if (entries_.size() >= kKept) entries_.pop_front();
    entries_.push_back(std::move(entry));
  }

  /// Newest first.
  [[nodiscard]] const Entry* find(std::string_view code) const {
    if (code.empty()) return nullptr;
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
