#pragma once

#include "server/history/policy_version.hpp"

#include <vector>

namespace sallyport {

// Versions kept, and what their distinct texts may come to: the oldest make room. Two are always kept.
inline constexpr std::size_t kMaxPolicyVersions = 100;
inline constexpr std::size_t kMaxPolicyHistory = 256U << 20U;
inline constexpr std::size_t kMaxPolicyRecord = 1U << 20U;

/// A version that is in force and goes away by itself unless somebody confirms it.
struct PendingConfirmation {
  VersionNumber previous{};  ///< what comes back
  WallTime until{};          ///< for people; a running gateway goes by its steady clock

  friend bool operator==(const PendingConfirmation&, const PendingConfirmation&) = default;
};

/// Which policies a gateway had in force, and what it must not take from its policy directory. Pure value.
///
/// The newest version is the running one. A digest is held from the moment its version was taken out of force (not
/// confirmed, or rolled back) while the directory may still have those files, until other files are found there. No
/// files at all are not other files.
class PolicyRecord {
 public:
  [[nodiscard]] const std::vector<PolicyVersion>& versions() const noexcept { return versions_; }
  /// Null while nothing was ever in force.
  [[nodiscard]] const PolicyVersion* running() const noexcept {
    return versions_.empty() ? nullptr : &versions_.back();
  }
  [[nodiscard]] const PolicyVersion* find(VersionNumber number) const noexcept;
  [[nodiscard]] const std::optional<PendingConfirmation>& pending() const noexcept { return pending_; }
  [[nodiscard]] const std::vector<PolicyDigest>& held() const noexcept { return held_; }
  [[nodiscard]] bool is_held(const PolicyDigest& digest) const noexcept;
  [[nodiscard]] bool is_running(const PolicyDigest& digest) const noexcept;
  /// Whether a version still needs these texts.
  [[nodiscard]] bool needs(const PolicyDigest& digest) const noexcept;

  /// Files of the policy directory come in force. Number and `restores` of `found` are not looked at. Ends every hold
  /// and a pending confirmation. Files that run already make no new version.
  void take(PolicyVersion found);
  /// The same for `found` on trial: what runs now comes back unless confirm() is called. Requires a running version
  /// with other files.
  void try_out(PolicyVersion found, WallTime until);
  /// The running version stays. Requires pending().
  void confirm() noexcept { pending_.reset(); }

  /// An older version comes back as a new one; what ran is held. Requires find(`target`) with other files than the
  /// running version. `hash` is that of its policy as compiled now.
  void restore(VersionNumber target, Activation how, std::string hash, std::string by, WallTime now);

  /// What a rollback without a number goes to: what came before a version on trial, else the newest version with other
  /// files that is older than the running one, or than the one it restores, and not one that nobody confirmed.
  /// Nullopt: there is none.
  [[nodiscard]] std::optional<VersionNumber> rollback_target() const noexcept;

  /// What may run when version `than` must and cannot: older ones, the newest first, none that was taken out of force.
  [[nodiscard]] std::vector<VersionNumber> fallbacks(VersionNumber than) const;

  /// The form on disk: docs/policy-changes.md. The error is one line.
  [[nodiscard]] Result<std::string, std::string> to_text() const;
  /// Takes exactly what to_text() writes; every other octet is damage. The error is one line.
  [[nodiscard]] static Result<PolicyRecord, std::string> parse(std::string_view text);

  friend bool operator==(const PolicyRecord&, const PolicyRecord&) = default;

 private:
  void append(PolicyVersion version);
  void end_holds(const PolicyVersion& found);
  [[nodiscard]] bool went_before(const PolicyVersion& version, Activation how) const noexcept;
  void hold(const PolicyDigest& digest);
  void prune();
  [[nodiscard]] std::size_t kept_octets() const;
  [[nodiscard]] bool is_consistent() const noexcept;
  bool read_line(std::string_view line);

  std::vector<PolicyVersion> versions_;  ///< ascending
  std::optional<PendingConfirmation> pending_;
  std::vector<PolicyDigest> held_;  ///< ascending; never the running version's
};

}  // namespace sallyport
