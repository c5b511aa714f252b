#include "server/gateway/gateway.hpp"

#include <unordered_set>
#include <utility>

namespace sallyport {
namespace {

/// Nullopt: no certificates are given out at all.
std::optional<std::vector<Endpoint>> doors_of(const GatewayConfig& config) {
  return config.enrolment ? std::optional{config.enrolment->listen} : std::nullopt;
}

/// What was bound, opened or handed out at start and cannot change under live sessions.
Result<void, Diagnostics> refuse_fixed_keys(const std::string& path, const GatewayConfig& running,
                                            const GatewayConfig& next) {
  const std::pair<const char*, bool> keys[] = {
      {"name", running.name != next.name},
      {"listen", running.listen != next.listen},
      {"pool", running.pool != next.pool},
      {"trust_domain", running.trust_domain != next.trust_domain},
      {"state", running.state != next.state},
      {"runtime", running.runtime != next.runtime},
      {"audit", running.audit != next.audit},
      {"decisions", running.decisions != next.decisions},
      {"[enrolment] listen", doors_of(running) != doors_of(next)},
      {"masquerade", running.masquerade != next.masquerade},
      {"tun", running.tun != next.tun},
      {"limits", running.limits != next.limits},
  };
  Diagnostics changed;
  for (const auto& [key, differs] : keys) {
    if (!differs) continue;
    changed.push_back(Diagnostic{.file = path,
                                 .message = std::string{key} + " cannot change while the gateway runs",
                                 .hint = "restart it, or put the old value back"});
  }
  if (changed.empty()) return {};
  return fail(std::move(changed));
}

}  // namespace

Result<void, Diagnostics> Gateway::reload(const std::string& by, WhenReloaded when_done) {
  auto config = load_gateway_config(config_path_);
  if (!config) return fail(config.error());
  auto trust = load_trust(*config, loop_.now().wall);
  auto policy = policies_.read_for_reload(config->policy_directory);
  if (auto problems = problems_of(trust, policy); !problems.empty()) return fail(std::move(problems));
  if (auto fixed = refuse_fixed_keys(config_path_, snapshot_.config, *config); !fixed) return fixed;
  if (auto kept = remember_trust(*config, *trust); !kept) return kept;
  if (auto reopened = audit_->reopen(); !reopened) {
    log_.event(Level::Warning, "audit.failed", to_string(reopened.error()));
  }
  snapshot_.config = std::move(*config);
  use_session_settings();
  // Trust first: who must go is gone before the others are judged by the new policy.
  use_trust(std::move(*trust), [this, by, number = ++reloads_, policy = std::move(*policy),
                                when_done = std::move(when_done)](std::size_t ended) mutable {
    // Overtaken by a newer reload, whose policy must not be undone by this older one.
    if (number != reloads_) {
      const bool would_count = policy.verdict == ReloadedPolicy::InForce;
      when_done(ended, would_count ? ReloadedPolicy::Busy : policy.verdict);
      return;
    }
    policies_.use(std::move(policy), by,
                  [when_done = std::move(when_done), ended](ReloadedPolicy result) { when_done(ended, result); });
  });
  return {};
}

Result<void, Diagnostics> Gateway::reload_trust(WhenDone when_done) {
  auto trust = load_trust(snapshot_.config, loop_.now().wall);
  if (!trust) return fail(trust.error());
  if (auto kept = remember_trust(snapshot_.config, *trust); !kept) return kept;
  use_trust(std::move(*trust), std::move(when_done));
  return {};
}

PolicyHooks Gateway::policy_hooks() {
  return {.now = [this] { return loop_.now(); },
          .measure =
              [this](std::shared_ptr<const Policy> candidate, std::function<void(PolicyImpact)> when_done) {
                measure(std::move(candidate), std::move(when_done));
              },
          .put_in_force = [this](const LoadedPolicy& policy,
                                 std::function<void()> when_done) { use_policy(policy, std::move(when_done)); },
          .audit = [this](AuditRecord audit) { return record(std::move(audit)); }};
}

void Gateway::use_policy(const LoadedPolicy& policy, std::function<void()> when_done) {
  // Taking a large policy apart is not the workers' work either: it goes here, once none of them judges by it.
  auto old = std::exchange(snapshot_.policy, policy);
  log_.event(Level::Notice, "policy.loaded", "the policy is in force",
             {{"policy", snapshot_.policy.policy->hash()}, {"rules", snapshot_.policy.policy->rules().size()}});
  const auto ticket =
      tickets_.open(workers_.size(), [when_done = std::move(when_done), old = std::move(old)](Ticket) { when_done(); });
  tell_workers(command::ReplacePolicy{ticket, snapshot_.policy.policy, rights_of_all(*snapshot_.policy.policy)});
}

/// Compiled here, with the routes that sessions are told, so that no worker stands still for it; each distinct table
/// once.
std::vector<std::shared_ptr<const Rights>> Gateway::rights_of_all(const Policy& policy) {
  std::vector<std::shared_ptr<const Rights>> all;
  std::unordered_set<const RightsTable*> seen;
  const WallTime now = loop_.now().wall;
  registry_.for_each([&](const SessionRegistry::Entry& entry) {
    auto rights = policy.rights_for(entry.evidence, now);
    if (!seen.insert(rights->table().get()).second) return;
    (void)rights->routes(now);
    all.push_back(std::move(rights));
  });
  return all;
}

void Gateway::use_trust(LoadedTrust trust, WhenDone when_done) {
  const bool anchors_changed =
      trust.ca_pem != snapshot_.trust.ca_pem || trust.bundle->crl_required() != snapshot_.trust.bundle->crl_required();
  snapshot_.trust = std::move(trust);
  ++trust_generation_;
  (void)handshakes_->replace_identity(TlsIdentity{snapshot_.trust.context, trust_generation_});
  if (snapshot_.trust.enrolment) est_->replace_door(snapshot_.trust.enrolment->door);
  auto leaving = no_longer_trusted(anchors_changed);
  const auto revocation_as_of = snapshot_.trust.bundle->revocation_as_of();
  std::size_t count = 0;
  for (const auto& [reason, sessions] : leaving) count += sessions.size();
  log_.event(Level::Notice, "trust.loaded", "certificates and revocation are in force", {{"sessions_ended", count}});
  // Behind the ends: nobody who must go is judged by the newer list first.
  const auto note_revocation = [this, revocation_as_of] {
    if (!revocation_as_of) return;
    registry_.for_each_evidence([&](Evidence& evidence) { evidence.revocation_as_of = revocation_as_of; });
    tell_workers(command::NoteRevocation{*revocation_as_of});
  };
  if (leaving.empty()) {
    note_revocation();
    when_done(0);
    return;
  }
  auto last = std::move(leaving.back());
  leaving.pop_back();
  for (auto& [reason, sessions] : leaving) end_sessions(sessions, reason, [](std::size_t) {});
  // Commands are carried out in order: when the last is done, all are.
  end_sessions(last.second, last.first, [when_done = std::move(when_done), count](std::size_t) { when_done(count); });
  note_revocation();
}

/// The live sessions that would not be admitted now, by reason.
std::vector<std::pair<EndReason, std::vector<SessionId>>> Gateway::no_longer_trusted(bool anchors_changed) {
  std::vector<std::pair<EndReason, std::vector<SessionId>>> leaving;
  const auto collect = [&](EndReason reason, const std::function<bool(const SessionRegistry::Entry&)>& predicate) {
    auto sessions = registry_.where(predicate);
    if (!sessions.empty()) leaving.emplace_back(reason, std::move(sessions));
  };
  const auto state_of = [this](const SessionRegistry::Entry& entry) {
    const auto record = store_->device(entry.grant.device);
    if (!record || !*record) return DeviceState::Revoked;
    return (*record)->accepts(entry.grant.serial) ? (*record)->state : DeviceState::Revoked;
  };
  collect(EndReason::DeviceRevoked, [&](const auto& entry) {
    return snapshot_.trust.bundle->is_revoked(entry.grant.serial) || state_of(entry) == DeviceState::Revoked;
  });
  collect(EndReason::DeviceDisabled, [&](const auto& entry) { return state_of(entry) == DeviceState::Disabled; });
  if (anchors_changed) collect(EndReason::TrustChanged, [](const auto&) { return true; });
  return leaving;
}

}  // namespace sallyport
