#pragma once

#include "common/base/time.hpp"
#include "server/policy/decision.hpp"
#include "server/policy/guard.hpp"
#include "server/policy/rule_kind.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace sallyport {

/// "This rule says so, while its guard is met and until then."
struct Claim {
  RuleIndex rule = kNoRule;
  std::uint32_t guard = 0;  ///< index into the guards of the table
  WallTime until = kNever;  ///< the date written in the rule
  RuleKind kind = RuleKind::Deny;
  bool in_shadow = false;

  friend bool operator==(const Claim&, const Claim&) = default;
};

/// The claim that decides among those of one kind: the one that holds longest, then the one written to last longest,
/// then the first in the order of rules.
struct BestClaim {
  WallTime holds_until = WallTime::min();
  WallTime until = WallTime::min();
  RuleIndex rule = kNoRule;

  [[nodiscard]] bool found() const noexcept { return rule != kNoRule; }
  void improve(const BestClaim& other) noexcept {
    const bool better = other.holds_until != holds_until ? other.holds_until > holds_until
                        : other.until != until           ? other.until > until
                                                         : other.rule < rule;
    if (better) *this = other;
  }
};

/// Collects all claims on one destination at one moment and decides.
class Tally {
 public:
  explicit Tally(WallTime now) noexcept : now_{now} {}

  void add(const Claim& claim, const GuardState& guard) noexcept {
    if (now_ >= claim.until) return;
    auto& side = sides_[static_cast<std::size_t>(claim.kind)];
    if (guard.met) {
      auto& best = claim.in_shadow ? side.shadow : side.enforced;
      best.improve(BestClaim{std::min(claim.until, guard.until), claim.until, claim.rule});
    } else if (guard.until < claim.until && !claim.in_shadow) {
      side.may_start = std::min(side.may_start, guard.until);
    }
  }

  /// `otherwise` is the reason when no rule decides.
  [[nodiscard]] Decision decide(DecisionReason otherwise) const noexcept;

 private:
  struct Side {
    BestClaim enforced;
    BestClaim shadow;
    WallTime may_start = kNever;  ///< when time alone may bring the next claim of this kind
  };
  [[nodiscard]] const Side& allow() const noexcept { return sides_[static_cast<std::size_t>(RuleKind::Allow)]; }
  [[nodiscard]] const Side& deny() const noexcept { return sides_[static_cast<std::size_t>(RuleKind::Deny)]; }

  WallTime now_;
  std::array<Side, 2> sides_{};
};

}  // namespace sallyport
