#include "server/gateway/gateway.hpp"
#include "server/gateway/session_sweep.hpp"

#include <algorithm>
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
      {"congestion", running.congestion != next.congestion},
      {"limits", running.limits != next.limits},
      {"threads", running.threads != next.threads},
      {"[metrics]", running.metrics != next.metrics},
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

/// A foreign authority's certificates, or what they may say, are not what they were.
bool is_judged_anew(const std::string& authority, const LoadedTrust& before, const LoadedTrust& after) {
  const auto find = [&authority](const LoadedTrust& trust) {
    const auto found = std::find_if(trust.foreign.begin(), trust.foreign.end(),
                                    [&](const ForeignAuthority& each) { return each.rules.name == authority; });
    return found == trust.foreign.end() ? nullptr : &*found;
  };
  if (authority.empty()) return false;
  const auto* old = find(before);
  const auto* now = find(after);
  return old == nullptr || now == nullptr || old->rules != now->rules || old->certificates_pem != now->certificates_pem;
}

}  // namespace

Result<void, Diagnostics> Gateway::reload(const std::string& by, std::optional<unsigned> allow_stranding,
                                          WhenReloaded when_done) {
  auto begun = begin_reload(by, allow_stranding,
                            [this, by, when_done = std::move(when_done)](std::size_t ended, ReloadedPolicy policy) {
                              note_reload("config.reload", by, ended);
                              when_done(ended, policy);
                            });
  if (!begun) note_refused_reload(by, begun.error());
  return begun;
}

Result<void, Diagnostics> Gateway::begin_reload(const std::string& by, std::optional<unsigned> allow_stranding,
                                                WhenReloaded when_done) {
  const TimePoint asked = clock_.now().steady;
  auto config = load_gateway_config(config_path_);
  if (!config) return fail(config.error());
  auto trust = load_trust(*config, clock_.latest(), snapshot_.trust.bundle.get());
  auto policy = policies_.read_for_reload(config->policy_directory);
  if (auto problems = problems_of(trust, policy); !problems.empty()) return fail(std::move(problems));
  if (auto fixed = refuse_fixed_keys(config_path_, snapshot_.config, *config); !fixed) return fixed;
  const auto limit = std::max(config->strand_limit, allow_stranding.value_or(0));
  if (auto strands = refuse_stranding(*trust, limit); !strands) return strands;
  if (auto kept = remember_trust(*config, *trust); !kept) return kept;
  snapshot_.config = std::move(*config);
  use_session_settings();
  journal_.use_settings();
  watch_revocations(limit);
  // Trust first: who must go is gone before the others are judged by the new policy.
  use_trust(std::move(*trust), asked,
            [this, by, asked, number = ++reloads_, policy = std::move(*policy),
             when_done = std::move(when_done)](std::size_t ended) mutable {
              // Overtaken by a newer reload, whose policy must not be undone by this older one.
              if (number != reloads_) {
                const bool would_count = policy.verdict == ReloadedPolicy::InForce;
                when_done(ended, would_count ? ReloadedPolicy::Busy : policy.verdict);
                return;
              }
              if (!policies_.is_changing()) policy_asked_ = asked;
              policies_.use(std::move(policy), by, [when_done = std::move(when_done), ended](ReloadedPolicy result) {
                when_done(ended, result);
              });
            });
  return {};
}

PolicyHooks Gateway::policy_hooks() {
  return {.now = [this] { return clock_.now(); },
          .measure =
              [this](std::shared_ptr<const Policy> candidate, std::function<void(PolicyImpact)> when_done) {
                measure(std::move(candidate), std::move(when_done));
              },
          .put_in_force = [this](const LoadedPolicy& policy,
                                 std::function<void()> when_done) { use_policy(policy, std::move(when_done)); },
          .audit = [this](AuditRecord audit) { return journal_.record(std::move(audit)); }};
}

void Gateway::use_policy(const LoadedPolicy& policy, std::function<void()> when_done) {
  // Taking a large policy apart is not the workers' work either: it goes here, once none of them judges by it.
  auto old = std::exchange(snapshot_.policy, policy);
  shelf_.clear();
  log_.event(Level::Notice, "policy.loaded", "the policy is in force",
             {{"policy", snapshot_.policy.policy->hash()}, {"rules", snapshot_.policy.policy->rules().size()}});
  const auto ticket = orders_.open([when_done = std::move(when_done), old = std::move(old)](Ticket) { when_done(); });
  orders_.tell(command::ReplacePolicy{ticket, snapshot_.policy.policy, rights_of_all(*snapshot_.policy.policy),
                                      std::exchange(policy_asked_, std::nullopt)});
}

/// Compiled here, with the routes that sessions are told, so that no worker stands still for it; each distinct table
/// once.
std::vector<std::shared_ptr<const Rights>> Gateway::rights_of_all(const Policy& policy) {
  std::vector<std::shared_ptr<const Rights>> all;
  std::unordered_set<const RightsTable*> seen;
  const WallTime now = clock_.now().wall;
  registry_.for_each([&](const SessionRegistry::Entry& entry) {
    auto rights = policy.rights_for(entry.evidence, now);
    if (!seen.insert(rights->table().get()).second) return;
    (void)rights->routes(now);
    all.push_back(std::move(rights));
  });
  return all;
}

void Gateway::use_trust(LoadedTrust trust, TimePoint asked, WhenDone when_done) {
  const bool anchors_changed = trust.ca_pem != snapshot_.trust.ca_pem;
  const bool rules_changed = trust.bundle->crl_required() != snapshot_.trust.bundle->crl_required();
  const auto before = std::exchange(snapshot_.trust, std::move(trust));
  ++trust_generation_;
  handshakes_->replace_identity(TlsIdentity{snapshot_.trust.context, trust_generation_});
  if (snapshot_.trust.enrolment) est_->replace_door(snapshot_.trust.enrolment->door);
  outlook_.forget();
  const auto departing = no_longer_trusted(
      registry_, store_, *snapshot_.trust.bundle,
      [&, has_lost = has_lost_its_authority(*snapshot_.trust.bundle)](const SessionRegistry::Entry& entry) {
        return rules_changed || (anchors_changed && has_lost(entry)) ||
               is_judged_anew(entry.grant.authority, before, snapshot_.trust);
      });
  note_rotation(before.authorities->phase);
  tell_authorities();
  std::size_t count = 0;
  for (const auto& each : departing) count += each.sessions.size();
  log_.event(Level::Notice, "trust.loaded", "certificates and revocation are in force", {{"sessions_ended", count}});
  if (!departing.empty()) end_departing(departing, asked, when_done);
  // Behind the ends: nobody who must go is judged by the newer list first.
  note_revocation_dates();
  if (departing.empty()) when_done(0);
}

}  // namespace sallyport
