#include "server/gateway/reload_desk.hpp"

#include "server/config/config_reader.hpp"
#include "server/gateway/session_rules.hpp"

#include <algorithm>
#include <utility>
#include <vector>

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

}  // namespace

Result<void, Diagnostics> ReloadDesk::reload(const std::string& by, std::optional<unsigned> allow_stranding,
                                             WhenReloaded when_done) {
  auto begun = begin_reload(by, allow_stranding,
                            [this, by, when_done = std::move(when_done)](std::size_t ended, ReloadedPolicy policy) {
                              note_reload("config.reload", by, ended);
                              when_done(ended, policy);
                            });
  if (!begun) note_refused_reload(by, begun.error());
  return begun;
}

Result<void, Diagnostics> ReloadDesk::begin_reload(const std::string& by, std::optional<unsigned> allow_stranding,
                                                   WhenReloaded when_done) {
  const TimePoint asked = clock_.now().steady;
  auto config = load_gateway_config(config_path_);
  if (!config) return fail(config.error());
  auto trust = load_trust(*config, clock_.latest(), snapshot_.trust.bundle.get());
  auto policy = policy_.versions().read_for_reload(config->policy_directory);
  if (auto problems = problems_of(trust, policy); !problems.empty()) return fail(std::move(problems));
  if (auto fixed = refuse_fixed_keys(config_path_, snapshot_.config, *config); !fixed) return fixed;
  const auto limit = std::max(config->strand_limit, allow_stranding.value_or(0));
  if (auto strands = trust_.refuse_stranding(*trust, limit); !strands) return strands;
  if (auto kept = remember_trust(*config, *trust); !kept) return kept;
  snapshot_.config = std::move(*config);
  use_session_settings();
  journal_.use_settings();
  lists_.watch_revocations(limit);
  // Trust first: who must go is gone before the others are judged by the new policy.
  trust_.use_trust(std::move(*trust), asked,
                   [this, by, asked, number = ++reloads_, policy = std::move(*policy),
                    when_done = std::move(when_done)](std::size_t ended) mutable {
                     // Overtaken by a newer reload, whose policy must not be undone by this older one.
                     if (number != reloads_) {
                       const bool would_count = policy.verdict == ReloadedPolicy::InForce;
                       when_done(ended, would_count ? ReloadedPolicy::Busy : policy.verdict);
                       return;
                     }
                     policy_.note_asked(asked);
                     policy_.versions().use(std::move(policy), by,
                                            [when_done = std::move(when_done), ended](ReloadedPolicy result) {
                                              when_done(ended, result);
                                            });
                   });
  return {};
}

Result<void, Diagnostics> ReloadDesk::reload_trust(WhenDone when_done, const std::string& by) {
  const TimePoint asked = clock_.now().steady;
  auto trust = load_trust(snapshot_.config, clock_.latest(), snapshot_.trust.bundle.get());
  Result<void, Diagnostics> good =
      trust ? trust_.refuse_stranding(*trust, snapshot_.config.strand_limit) : fail(trust.error());
  if (good) good = remember_trust(snapshot_.config, *trust);
  if (!good) {
    // What the records say of devices waits for no file.
    trust_.recheck_devices([](std::size_t) {}, asked);
    note_refused_reload(by, good.error());
    return good;
  }
  trust_.use_trust(std::move(*trust), asked, [this, by, when_done = std::move(when_done)](std::size_t ended) {
    note_reload("trust.reload", by, ended);
    when_done(ended);
  });
  return {};
}

/// For live sessions too.
void ReloadDesk::use_session_settings() {
  const auto& settings = snapshot_.config.sessions;
  orders_.tell(command::ReplaceLimits{limits_of(settings)});
  auto beyond = beyond_limit(registry_, settings);
  if (!beyond.empty()) orders_.end_sessions(beyond, EndReason::TooManyDevices, [](std::size_t) {});
}

void ReloadDesk::note_reload(const char* event, const std::string& by, std::size_t ended) {
  tally_.note_reload(std::string_view{event} == "config.reload");
  AuditRecord audit;
  audit.event = event;
  audit.by = by;
  audit.counts = {{"ended", ended}};
  (void)journal_.record(std::move(audit));
}

void ReloadDesk::note_refused_reload(const std::string& by, const Diagnostics& diagnostics) {
  tally_.note_refused_reload();
  AuditRecord audit;
  audit.event = "reload.refused";
  audit.by = by;
  audit.reason = diagnostics.empty() ? "unknown" : to_string(diagnostics.front());
  (void)journal_.record(std::move(audit));
}

}  // namespace sallyport
