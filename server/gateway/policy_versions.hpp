#pragma once

#include "common/base/time.hpp"
#include "common/log/audit.hpp"
#include "common/log/log.hpp"
#include "server/gateway/policy_change.hpp"
#include "server/gateway/policy_start.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace sallyport {

/// What the book of versions needs done by the gateway it belongs to.
struct PolicyHooks {
  std::function<Now()> now;
  std::function<void(std::shared_ptr<const Policy>, std::function<void(PolicyImpact)>)> measure;
  /// In order of the calls; the callback runs when every worker has it.
  std::function<void(const LoadedPolicy&, std::function<void()>)> put_in_force;
  std::function<bool(AuditRecord)> audit;  ///< false: it could not be written
};

/// The policy in force, those before it, and every way from one to the next. On the control thread; no clock or timer
/// of its own. One change is under way at a time. An apply, a rollback and a confirmation are on disk, in the history
/// and in the audit file, before they are in force, or refused; so is a reload as far as the audit file goes. A revert
/// goes on without that, and says so.
class PolicyVersions {
 public:
  PolicyVersions(PolicyStart start, PolicyStore store, PolicyHooks hooks, Log& log);

  /// Writes down what the gateway started with. A history that cannot be written is said and stops nothing.
  void begin();

  /// Puts in force what `directory` holds.
  void apply(const std::string& directory, const ChangeRequest& request, WhenPolicyChanged when_done);
  /// Brings an older version back: `target`, or the one that PolicyRecord::rollback_target() means.
  void roll_back(std::optional<VersionNumber> target, const ChangeRequest& request, WhenPolicyChanged when_done);
  /// The version on trial stays: `version`, or whichever it is.
  [[nodiscard]] PolicyOutcome confirm(const std::string& by, std::optional<VersionNumber> version = {});
  /// Takes a version on trial out of force when its time is up. Call it every second.
  void handle_timeout();

  /// A reload has two steps, because trust is replaced between them. What would not be used now is not even checked.
  struct ReloadCandidate {
    std::optional<CheckedPolicy> policy;
    PolicyDigest digest;
    VersionNumber ran{};                               ///< at the reading
    ReloadedPolicy verdict = ReloadedPolicy::InForce;  ///< as of the reading
  };
  [[nodiscard]] Result<ReloadCandidate, Diagnostics> read_for_reload(const std::string& directory);
  void use(ReloadCandidate candidate, const std::string& by, const std::function<void(ReloadedPolicy)>& when_done);

  [[nodiscard]] const PolicyRecord& record() const noexcept { return record_; }
  [[nodiscard]] const LoadedPolicy& in_force() const noexcept { return running_.policy; }
  /// A change waits for the workers' count, and may still come in force or be refused.
  [[nodiscard]] bool is_changing() const noexcept { return is_measuring_; }
  [[nodiscard]] const PolicyCounts& counts() const noexcept { return counts_; }
  /// Of the trial under way.
  [[nodiscard]] std::optional<Duration> time_left() const;

 private:
  struct Plan {
    CheckedPolicy next;
    ChangeRequest request;
    Activation how = Activation::Apply;
    std::optional<VersionNumber> restores;
  };

  std::optional<PolicyRefusal> refuse_change() const;
  [[nodiscard]] std::optional<PolicyRefusal> refuse_confirmation(std::optional<VersionNumber> version) const;
  [[nodiscard]] ReloadedPolicy choose(const PolicyDigest& digest) const;
  void measure(Plan plan, WhenPolicyChanged when_done);
  void decide(Plan plan, PolicyImpact impact, const WhenPolicyChanged& when_done);
  void found_running(const CheckedPolicy& found, const ChangeRequest& request, const WhenPolicyChanged& when_done);
  [[nodiscard]] PolicyRecord record_after(const Plan& plan) const;
  [[nodiscard]] PolicyVersion version_of(const CheckedPolicy& policy, Activation how, const std::string& by) const;
  void switch_to(CheckedPolicy next, PolicyRecord record, std::function<void()> when_done);
  Result<void, FileError> write(const PolicyRecord& record, const CheckedPolicy& next);
  void write_or_say(const PolicyRecord& record, const CheckedPolicy& next);
  void revert();
  /// Before `next` counts. False: that could not be written.
  bool audit(const PolicyRecord& next, const char* event, const std::string& by, const std::string& reason = {});
  void say(const char* event, const char* words, const std::string& by);
  void say_start(bool is_damaged);
  void say_uncounted(const Diagnostics& files);
  [[nodiscard]] std::string start_reason() const;
  void refuse(const WhenPolicyChanged& when_done, PolicyRefusal refusal);
  /// Counted, audited and logged.
  PolicyRefusal noted(PolicyRefusal refusal);

  PolicyStore store_;
  PolicyHooks hooks_;
  Log& log_;
  PolicyRecord record_;
  CheckedPolicy running_;
  PolicySource started_with_;
  std::string damage_;
  Diagnostics uncounted_;                      ///< as the start found them
  bool must_set_aside_;                        ///< before anything is written: what is there would be swept away
  std::optional<CheckedPolicy> before_trial_;  ///< ready to come back, whatever the disk says then
  TimePoint trial_ends_{};
  PolicyCounts counts_;
  bool is_measuring_ = false;  ///< a change waits for the workers' count
};

}  // namespace sallyport
