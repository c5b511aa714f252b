#pragma once

#include "common/base/diagnostic.hpp"
#include "common/base/result.hpp"
#include "server/policy/decision.hpp"
#include "server/policy/document.hpp"
#include "server/policy/evidence.hpp"
#include "server/policy/rights.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace sallyport {

struct ResolvedPolicy;
class RightsCache;

/// A whole policy, its names resolved. Immutable to its users, safe to share between threads.
class Policy {
 public:
  /// The policy without a rule.
  [[nodiscard]] static std::shared_ptr<const Policy> deny_all();

  /// Resolves names. Does not run the tests inside the document: load_policy() does.
  [[nodiscard]] static Result<std::shared_ptr<const Policy>, Diagnostics> compile(PolicyDocument document);

  explicit Policy(std::unique_ptr<const ResolvedPolicy> resolved);
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;
  ~Policy();

  /// What the policy says to this evidence from `now` on, as long as Rights::covers(). The table behind it is
  /// compiled once for all to whom the same rules apply, while any of them holds it: under a second at 10,000 rules and
  /// 100,000 prefixes, microseconds when it is there. From any thread; not per packet.
  [[nodiscard]] std::shared_ptr<const Rights> rights_for(const Evidence& evidence, WallTime now) const;

  /// The smallest age of key or posture report that a rule behind `rights`, in force or in shadow, allows; nullopt when
  /// none asks. `rights` are of this policy.
  [[nodiscard]] std::optional<std::chrono::seconds> smallest_age(const Rights& rights) const;

  /// Compiled tables that somebody holds.
  [[nodiscard]] std::size_t tables_in_use() const;

  /// In the order of RuleIndex: allow rules by name, then deny rules by name.
  [[nodiscard]] std::span<const PolicyRule> rules() const noexcept;
  /// Null for kNoRule and for an index of another, larger policy.
  [[nodiscard]] const PolicyRule* rule(RuleIndex index) const noexcept;
  [[nodiscard]] bool is_empty() const noexcept { return rules().empty(); }

  /// 16 hex digits that differ when the meaning differs; files, positions, order and tests do not count.
  /// Tells versions apart for people; not a proof of origin.
  [[nodiscard]] const std::string& hash() const noexcept;

  [[nodiscard]] const ResolvedPolicy& resolved() const noexcept { return *resolved_; }

 private:
  std::unique_ptr<const ResolvedPolicy> resolved_;
  std::unique_ptr<RightsCache> cache_;
};

}  // namespace sallyport
