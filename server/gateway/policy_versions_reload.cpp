#include "server/gateway/policy_versions.hpp"

#include <utility>

namespace sallyport {
namespace {

constexpr const char* kGateway = "gateway";

}  // namespace

void PolicyVersions::begin() {
  if (must_set_aside_) {
    if (auto moved = store_.set_aside(); !moved)
      log_.event(Level::Error, "policy.history_failed", to_string(moved.error()));
  }
  PolicyRecord next = record_;
  const bool was_on_trial = record_.pending().has_value();
  if (started_with_.choice == PolicyChoice::Directory)
    next.take(version_of(running_, Activation::Start, kGateway));
  else if (started_with_.choice == PolicyChoice::Unconfirmed)
    next.restore(*started_with_.version, Activation::Revert, running_.policy.policy->hash(), kGateway,
                 hooks_.now().wall);
  const bool is_new = record_.running() == nullptr || next.running()->number != record_.running()->number;
  if (!(next == record_)) write_or_say(next, running_);
  record_ = std::move(next);
  if (started_with_.choice == PolicyChoice::Unconfirmed)
    tell("policy.revert", "nobody confirmed the policy on trial before the gateway stopped; the one before it runs",
         kGateway, "the gateway stopped meanwhile");
  else if (is_new)
    tell("policy.start", "the policy directory holds a new policy", kGateway,
         was_on_trial ? "a version on trial was not confirmed" : "");
  say_start();
}

void PolicyVersions::say_start() {
  if (!damage_.empty()) {
    log_.event(Level::Error, "policy.history_damaged",
               "the history of the policy is damaged; the policy directory counts: " + damage_);
  }
  if (started_with_.choice == PolicyChoice::Held) {
    log_.event(Level::Warning, "policy.held",
               "the policy directory still holds files that were taken out of force; another version runs",
               {{"version", static_cast<std::uint64_t>(record_.running()->number)}});
  }
}

ReloadedPolicy PolicyVersions::choose(const PolicyDigest& digest) const {
  if (is_measuring_) return ReloadedPolicy::Busy;
  switch (choose_at_reload(record_, digest).choice) {
    case PolicyChoice::Directory:
      return ReloadedPolicy::InForce;
    case PolicyChoice::Held:
      return ReloadedPolicy::Held;
    case PolicyChoice::Unconfirmed:
    case PolicyChoice::AwaitingConfirmation:
      break;
  }
  return ReloadedPolicy::AwaitingConfirmation;
}

Result<PolicyVersions::ReloadCandidate, Diagnostics> PolicyVersions::read_for_reload(const std::string& directory) {
  auto files = read_policy_files(directory);
  if (!files) {
    // What could not be used even if it were good must not stand in the way of the rest of the reload.
    const auto verdict = choose(PolicyDigest{});
    if (verdict == ReloadedPolicy::InForce) return fail(files.error());
    return ReloadCandidate{.policy = {}, .digest = {}, .verdict = verdict};
  }
  ReloadCandidate candidate{.policy = {}, .digest = files->packed.digest, .verdict = choose(files->packed.digest)};
  if (candidate.verdict != ReloadedPolicy::InForce) return candidate;
  auto policy = check_policy(std::move(*files));
  if (!policy) return fail(policy.error());
  candidate.policy = std::move(*policy);
  return candidate;
}

void PolicyVersions::use(ReloadCandidate candidate, const std::string& by,
                         const std::function<void(ReloadedPolicy)>& when_done) {
  // Meanwhile a trial may have ended, and its files be held.
  const auto verdict = candidate.policy ? choose(candidate.digest) : candidate.verdict;
  if (verdict != ReloadedPolicy::InForce) {
    log_.event(Level::Warning, "policy.not_reloaded", "the policy in force stays", {{"reason", name_of(verdict)}});
    return when_done(verdict);
  }
  PolicyRecord next = record_;
  const auto before = next.running()->number;
  // A reload that finds the files of a trial leaves it on trial.
  if (!next.pending()) next.take(version_of(*candidate.policy, Activation::Reload, by));
  if (!(next == record_)) write_or_say(next, *candidate.policy);
  const bool is_new = next.running()->number != before;
  switch_to(std::move(*candidate.policy), std::move(next), [when_done, verdict] { when_done(verdict); });
  if (is_new) tell("policy.reload", "a new policy was read", by);
}

}  // namespace sallyport
