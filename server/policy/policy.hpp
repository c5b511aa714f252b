#pragma once

#include "common/base/diagnostic.hpp"
#include "common/base/result.hpp"
#include "server/policy/decision.hpp"
#include "server/policy/document.hpp"
#include "server/policy/evidence.hpp"
#include "server/policy/rights.hpp"

#include <memory>
#include <span>
#include <string>

namespace sallyport {

struct ResolvedPolicy;

/// A whole policy, its names resolved. Immutable, safe to share between threads.
class Policy {
 public:
  /// The policy without a rule.
  [[nodiscard]] static std::shared_ptr<const Policy> deny_all();

  /// Resolves names. Does not run the tests inside the document: load_policy() does.
  [[nodiscard]] static Result<std::shared_ptr<const Policy>, Diagnostics> compile(PolicyDocument document);

  explicit Policy(std::unique_ptr<const ResolvedPolicy> resolved) noexcept;
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;
  ~Policy();

  /// Under a second at 10,000 rules; call it when evidence or policy change, not per packet.
  [[nodiscard]] std::shared_ptr<const Rights> rights_for(const Evidence& evidence) const;

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
};

}  // namespace sallyport
