#include "server/gateway/policy_versions.hpp"
#include "server/history/policy_install.hpp"
#include "server/policy/uncounted_files.hpp"

#include <utility>

namespace sallyport {
namespace {

constexpr const char* kGateway = "gateway";

}  // namespace

void PolicyVersions::begin() {
  PolicyRecord next = record_;
  if (started_with_.choice == PolicyChoice::Directory)
    next.take(version_of(running_, Activation::Start, kGateway));
  else if (*started_with_.version != record_.running()->number)
    next.restore(*started_with_.version, Activation::Revert, running_.policy.policy->hash(), kGateway,
                 hooks_.now().wall);
  const bool is_damaged = must_set_aside_;
  if (!(next == record_)) write_or_say(next, running_);
  record_ = std::move(next);
  if (started_with_.choice == PolicyChoice::Unconfirmed)
    say("policy.revert", "nobody confirmed the policy on trial before the gateway stopped; an older one runs",
        kGateway);
  (void)audit(record_, started_with_.choice == PolicyChoice::Unconfirmed ? "policy.revert" : "policy.start", kGateway,
              start_reason());
  say_start(is_damaged);
}

std::string PolicyVersions::start_reason() const {
  std::string reason{why_not_the_directory(started_with_.choice)};
  if (reason.empty()) reason = "the policy directory holds it";
  return damage_.empty() ? reason : reason + "; a part of the history cannot be used: " + damage_;
}

void PolicyVersions::say_start(bool is_damaged) {
  if (!damage_.empty()) {
    log_.event(Level::Error, "policy.history_damaged",
               std::string{is_damaged ? "the history of the policy is damaged; the policy directory counts: "
                                      : "a policy that must run is lost; an older one runs: "} +
                   damage_);
  }
  say_uncounted(std::exchange(uncounted_, {}));
  if (started_with_.choice == PolicyChoice::Directory) return;
  log_.event(Level::Warning,
             started_with_.choice == PolicyChoice::HalfInstalled ? "policy.half_installed" : "policy.held",
             std::string{why_not_the_directory(started_with_.choice)} +
                 "; another version runs. Look at the directory; then: sallyportctl policy apply",
             {{"version", static_cast<std::uint64_t>(record_.running()->number)}});
}

void PolicyVersions::say_uncounted(const Diagnostics& files) {
  for (const auto& each : files) log_.event(Level::Warning, "policy.uncounted_file", to_warning(each));
}

ReloadedPolicy PolicyVersions::choose(const PolicyDigest& digest) const {
  if (is_measuring_) return ReloadedPolicy::Busy;
  switch (choose_at_reload(record_, digest).choice) {
    case PolicyChoice::Directory:
      return ReloadedPolicy::InForce;
    case PolicyChoice::Held:
      return ReloadedPolicy::Held;
    case PolicyChoice::Unconfirmed:
    case PolicyChoice::HalfInstalled:
    case PolicyChoice::AwaitingConfirmation:
      break;
  }
  return ReloadedPolicy::AwaitingConfirmation;
}

Result<PolicyVersions::ReloadCandidate, Diagnostics> PolicyVersions::read_for_reload(const std::string& directory) {
  const auto bad = [this](Diagnostics diagnostics) {
    ++counts_.refused[static_cast<std::size_t>(PolicyRefusalReason::BadPolicy)];
    return fail(std::move(diagnostics));
  };
  say_uncounted(find_uncounted_files(directory));
  auto files = read_policy_files(directory);
  if (!files) {
    // What could not be used even if it were good must not stand in the way of the rest of the reload.
    const auto verdict = choose(PolicyDigest{});
    const bool is_half = is_half_installed(directory);
    if (verdict == ReloadedPolicy::InForce && !is_half) return bad(files.error());
    return ReloadCandidate{.policy = {},
                           .digest = {},
                           .ran = record_.running()->number,
                           .verdict = verdict == ReloadedPolicy::InForce ? ReloadedPolicy::HalfInstalled : verdict};
  }
  ReloadCandidate candidate{.policy = {},
                            .digest = files->packed.digest,
                            .ran = record_.running()->number,
                            .verdict = choose(files->packed.digest)};
  if (candidate.verdict != ReloadedPolicy::InForce) return candidate;
  auto policy = check_policy(std::move(*files));
  if (!policy) return bad(policy.error());
  candidate.policy = std::move(*policy);
  return candidate;
}

void PolicyVersions::use(ReloadCandidate candidate, const std::string& by,
                         const std::function<void(ReloadedPolicy)>& when_done) {
  // Meanwhile a trial may have ended, and its files be held.
  auto verdict = candidate.policy ? choose(candidate.digest) : candidate.verdict;
  // What was read before a newer change must not undo that.
  const bool is_overtaken = candidate.ran != record_.running()->number && !record_.is_running(candidate.digest);
  if (verdict == ReloadedPolicy::InForce && is_overtaken) verdict = ReloadedPolicy::Busy;
  if (verdict != ReloadedPolicy::InForce) {
    ++counts_.reloaded[static_cast<std::size_t>(verdict)];
    log_.event(Level::Warning, "policy.not_reloaded", "the policy in force stays", {{"reason", name_of(verdict)}});
    return when_done(verdict);
  }
  PolicyRecord next = record_;
  const auto before = next.running()->number;
  // A reload that finds the files of a trial leaves it on trial.
  if (!next.pending()) next.take(version_of(*candidate.policy, Activation::Reload, by));
  const bool is_new = next.running()->number != before;
  const bool is_recorded = !is_new || audit(next, "policy.reload", by);
  ++counts_.reloaded[static_cast<std::size_t>(is_recorded ? verdict : ReloadedPolicy::Unaudited)];
  if (!is_recorded) {
    (void)noted(unaudited());
    return when_done(ReloadedPolicy::Unaudited);
  }
  if (!(next == record_)) write_or_say(next, *candidate.policy);
  switch_to(std::move(*candidate.policy), std::move(next), [when_done, verdict] { when_done(verdict); });
  if (is_new) say("policy.reload", "a new policy was read", by);
}

}  // namespace sallyport
