#include "server/gateway/policy_versions.hpp"

#include "server/policy/uncounted_files.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace sallyport {
namespace {

constexpr const char* kGateway = "gateway";

std::string plural(std::size_t count, const char* noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

PolicyRefusal too_many_cut(PolicyImpact impact, std::size_t allowed) {
  const auto count = impact.cut.size();
  return {.reason = PolicyRefusalReason::TooManyCut,
          .words = plural(count, "live session") + " would lose access, and --max-cut allows " +
                   std::to_string(allowed) + "; nothing has changed",
          .hint = "look at who it is; then change the policy, or say: --max-cut " + std::to_string(count),
          .impact = std::move(impact)};
}

PolicyRefusal bad_policy(Diagnostics diagnostics, std::string words) {
  return {.reason = PolicyRefusalReason::BadPolicy, .words = std::move(words), .diagnostics = std::move(diagnostics)};
}

PolicyRefusal no_such_version(const std::optional<VersionNumber>& target) {
  return {.reason = PolicyRefusalReason::NoSuchVersion,
          .words = target ? "there is no version " + to_string(*target) : "there is no older version to go back to",
          .hint = "see: sallyportctl policy history"};
}

PolicyRefusal unwritable(const FileError& error) {
  return {.reason = PolicyRefusalReason::HistoryUnwritable,
          .words = "the change cannot be written down, so nothing has changed: " + to_string(error),
          .hint = "put that right (is there room in the state directory?) and try again"};
}

}  // namespace

PolicyVersions::PolicyVersions(PolicyStart start, PolicyStore store, PolicyHooks hooks, Log& log)
    : store_{std::move(store)},
      hooks_{std::move(hooks)},
      log_{log},
      record_{std::move(start.record)},
      running_{std::move(start.policy)},
      started_with_{start.source},
      damage_{std::move(start.damage)},
      uncounted_{std::move(start.uncounted)},
      must_set_aside_{start.must_set_aside} {}

void PolicyVersions::apply(const std::string& directory, const ChangeRequest& request, WhenPolicyChanged when_done) {
  if (auto refusal = refuse_change()) return refuse(when_done, std::move(*refusal));
  say_uncounted(find_uncounted_files(directory));
  auto files = read_policy_files(directory, request.digest);
  auto next = files ? check_policy(std::move(*files)) : fail(files.error());
  if (!next) return refuse(when_done, bad_policy(next.error(), "the new policy is wrong; nothing has changed"));
  if (record_.is_running(next->files.digest)) return found_running(*next, request, when_done);
  measure({.next = std::move(*next), .request = request, .how = Activation::Apply, .restores = {}},
          std::move(when_done));
}

void PolicyVersions::roll_back(std::optional<VersionNumber> target, const ChangeRequest& request,
                               WhenPolicyChanged when_done) {
  if (is_measuring_) return refuse(when_done, *refuse_change());
  const auto number = target ? target : record_.rollback_target();
  const auto* version = number ? record_.find(*number) : nullptr;
  if (version == nullptr) return refuse(when_done, no_such_version(target));
  if (record_.is_running(version->digest)) {
    return refuse(when_done, {.reason = PolicyRefusalReason::RunsAlready,
                              .words = "version " + to_string(*number) + " is what runs already",
                              .hint = "see: sallyportctl policy history"});
  }
  const bool is_ready = before_trial_ && before_trial_->files.digest == version->digest;
  auto next = is_ready ? Result<CheckedPolicy, Diagnostics>{*before_trial_} : check_version(store_, *version);
  if (!next) {
    const auto name = to_string(*number);
    const auto words =
        "version " + name +
        " is no longer good; nothing has changed. To mend its files: sallyportctl policy history --show " + name +
        " --out DIR";
    return refuse(when_done, bad_policy(next.error(), words));
  }
  measure({.next = std::move(*next), .request = request, .how = Activation::Rollback, .restores = number},
          std::move(when_done));
}

PolicyOutcome PolicyVersions::confirm(const std::string& by, std::optional<VersionNumber> version) {
  if (is_measuring_) return fail(noted(*refuse_change()));
  handle_timeout();
  if (auto refusal = refuse_confirmation(version)) return fail(noted(std::move(*refusal)));
  PolicyRecord next = record_;
  next.confirm();
  if (!audit(next, "policy.confirm", by)) return fail(noted(unaudited()));
  if (auto written = write(next, running_); !written) return fail(noted(unwritable(written.error())));
  record_ = std::move(next);
  before_trial_.reset();
  say("policy.confirm", "the policy on trial stays", by);
  return PolicyChange{.version = *record_.running()};
}

std::optional<PolicyRefusal> PolicyVersions::refuse_confirmation(std::optional<VersionNumber> version) const {
  if (!record_.pending()) {
    return PolicyRefusal{.reason = PolicyRefusalReason::NothingOnTrial,
                         .words = "no version waits for confirmation",
                         .hint = "see: sallyportctl policy history"};
  }
  const auto on_trial = record_.running()->number;
  if (!version || *version == on_trial) return std::nullopt;
  return PolicyRefusal{
      .reason = PolicyRefusalReason::NotOnTrial,
      .words = "version " + to_string(on_trial) + " waits for confirmation, not version " + to_string(*version) +
               "; nothing has changed",
      .hint = "see: sallyportctl policy history; then: sallyportctl policy confirm " + to_string(on_trial)};
}

void PolicyVersions::handle_timeout() {
  if (!record_.pending() || is_measuring_ || hooks_.now().steady < trial_ends_) return;
  revert();
}

std::optional<Duration> PolicyVersions::time_left() const {
  if (!record_.pending()) return std::nullopt;
  return std::max(trial_ends_ - hooks_.now().steady, Duration::zero());
}

/// Also the words for a change that came while another waited for its count.
std::optional<PolicyRefusal> PolicyVersions::refuse_change() const {
  if (is_measuring_) {
    return PolicyRefusal{.reason = PolicyRefusalReason::Busy,
                         .words = "another change of the policy is under way; nothing has changed",
                         .hint = "try again in a moment"};
  }
  if (!record_.pending()) return std::nullopt;
  return PolicyRefusal{.reason = PolicyRefusalReason::AwaitingConfirmation,
                       .words = "version " + to_string(record_.running()->number) + " waits for confirmation until " +
                                format_utc(record_.pending()->until) + "; nothing has changed",
                       .hint = "first: sallyportctl policy confirm " + to_string(record_.running()->number) +
                               ", or: sallyportctl policy rollback"};
}

void PolicyVersions::measure(Plan plan, WhenPolicyChanged when_done) {
  is_measuring_ = true;
  const auto candidate = plan.next.policy.policy;
  hooks_.measure(candidate, [this, plan = std::move(plan), when_done = std::move(when_done)](PolicyImpact impact) {
    is_measuring_ = false;
    decide(plan, std::move(impact), when_done);
  });
}

void PolicyVersions::decide(Plan plan, PolicyImpact impact, const WhenPolicyChanged& when_done) {
  const auto& request = plan.request;
  if (request.max_cut && impact.cut.size() > *request.max_cut) {
    return refuse(when_done, too_many_cut(std::move(impact), *request.max_cut));
  }
  PolicyRecord next = record_after(plan);
  const bool is_rollback = plan.how == Activation::Rollback;
  const char* event = is_rollback ? "policy.rollback" : "policy.apply";
  if (!audit(next, event, request.by, request.confirm ? "on trial" : "")) return refuse(when_done, unaudited());
  if (auto written = write(next, plan.next); !written) return refuse(when_done, unwritable(written.error()));
  before_trial_.reset();
  if (request.confirm) {
    before_trial_ = running_;
    trial_ends_ = hooks_.now().steady + *request.confirm;
  }
  const PolicyChange change{.version = *next.running(), .impact = std::move(impact)};
  const std::string by = request.by;
  switch_to(std::move(plan.next), std::move(next), [when_done, change] { when_done(change); });
  say(event, is_rollback ? "an older policy is in force again" : "a new policy is in force", by);
}

/// An apply of what runs already ends every hold: the administrator has looked.
void PolicyVersions::found_running(const CheckedPolicy& found, const ChangeRequest& request,
                                   const WhenPolicyChanged& when_done) {
  PolicyRecord next = record_;
  next.take(version_of(found, Activation::Apply, request.by));
  const bool differs = !(next == record_);
  if (differs &&
      !audit(next, "policy.apply", request.by, "these files ran already; what was taken out of force counts again"))
    return refuse(when_done, unaudited());
  const auto written = differs ? write(next, found) : Result<void, FileError>{};
  if (!written) return refuse(when_done, unwritable(written.error()));
  const PolicyChange change{.version = *next.running(), .is_new = false};
  switch_to(found, std::move(next), [when_done, change] { when_done(change); });
}

PolicyRecord PolicyVersions::record_after(const Plan& plan) const {
  PolicyRecord next = record_;
  const WallTime now = hooks_.now().wall;
  if (plan.restores)
    next.restore(*plan.restores, plan.how, plan.next.policy.policy->hash(), plan.request.by, now);
  else if (plan.request.confirm)
    next.try_out(version_of(plan.next, plan.how, plan.request.by), now + *plan.request.confirm);
  else
    next.take(version_of(plan.next, plan.how, plan.request.by));
  return next;
}

PolicyVersion PolicyVersions::version_of(const CheckedPolicy& policy, Activation how, const std::string& by) const {
  return {.number = {},
          .time = hooks_.now().wall,
          .hash = policy.policy.policy->hash(),
          .digest = policy.files.digest,
          .size = policy.files.octets.size(),
          .how = how,
          .restores = {},
          .by = by};
}

void PolicyVersions::switch_to(CheckedPolicy next, PolicyRecord record, std::function<void()> when_done) {
  record_ = std::move(record);
  running_ = std::move(next);
  hooks_.put_in_force(running_.policy, std::move(when_done));
}

/// What runs now is written too: an earlier write of it may have failed, and it is what a trial goes back to.
/// Nothing is written over a damaged history: a person may still want what is left of it.
Result<void, FileError> PolicyVersions::write(const PolicyRecord& record, const CheckedPolicy& next) {
  if (must_set_aside_) {
    if (auto moved = store_.set_aside(); !moved) return moved;
    must_set_aside_ = false;
  }
  for (const CheckedPolicy* policy : std::initializer_list<const CheckedPolicy*>{&running_, &next}) {
    if (auto kept = store_.keep(policy->files); !kept) return kept;
  }
  return store_.save(record);
}

void PolicyVersions::write_or_say(const PolicyRecord& record, const CheckedPolicy& next) {
  const auto written = write(record, next);
  if (written) return;
  log_.event(Level::Error, "policy.history_failed",
             "the history of the policy cannot be written: " + to_string(written.error()));
}

void PolicyVersions::revert() {
  PolicyRecord next = record_;
  const auto rejected = next.running()->number;
  next.restore(next.pending()->previous, Activation::Revert, before_trial_->policy.policy->hash(), kGateway,
               hooks_.now().wall);
  CheckedPolicy back = std::move(*before_trial_);
  before_trial_.reset();
  // Should this fail, the disk still says that the version is on trial: a restart would revert it too.
  write_or_say(next, back);
  (void)audit(next, "policy.revert", kGateway, "version " + to_string(rejected) + " was not confirmed");
  switch_to(std::move(back), std::move(next), [] {});
  say("policy.revert", "nobody confirmed the policy on trial in time; the one before it is in force again", kGateway);
}

bool PolicyVersions::audit(const PolicyRecord& next, const char* event, const std::string& by,
                           const std::string& reason) {
  const PolicyVersion& version = *next.running();
  AuditRecord audit;
  audit.event = event;
  audit.policy = version.hash;
  audit.version = static_cast<std::uint64_t>(version.number);
  audit.by = by;
  audit.reason = reason;
  return hooks_.audit(std::move(audit));
}

void PolicyVersions::say(const char* event, const char* words, const std::string& by) {
  const PolicyVersion& version = *record_.running();
  log_.event(Level::Notice, event, words,
             {{"version", static_cast<std::uint64_t>(version.number)}, {"policy", version.hash}, {"by", by}});
}

void PolicyVersions::refuse(const WhenPolicyChanged& when_done, PolicyRefusal refusal) {
  when_done(fail(noted(std::move(refusal))));
}

PolicyRefusal PolicyVersions::noted(PolicyRefusal refusal) {
  ++counts_.refused[static_cast<std::size_t>(refusal.reason)];
  AuditRecord audit;
  audit.event = "policy.refused";
  audit.reason = name_of(refusal.reason);
  (void)hooks_.audit(std::move(audit));
  log_.event(Level::Warning, "policy.refused", refusal.words, {{"reason", name_of(refusal.reason)}});
  return refusal;
}

}  // namespace sallyport
