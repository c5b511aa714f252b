#include "server/gateway/metrics_collector.hpp"

#include "common/base/version.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sallyport {
namespace {

constexpr std::size_t kKeyDigits = 16;

std::string name_for(const AuthorityRules& rules) { return rules.is_own() ? "own" : rules.name; }

AuthorityFigures figures_for(const TrustBundle& bundle, const CertificateInfo& authority, WallTime now) {
  AuthorityFigures figures{.authority = name_for(bundle.rules_of(authority)),
                           .key_id = bundle.id_of(authority).substr(0, kKeyDigits),
                           .not_after = authority.not_after,
                           .is_refused = bundle.problem_of(authority, now).has_value()};
  figures.unread = static_cast<std::size_t>(
      std::count_if(bundle.unread().begin(), bundle.unread().end(),
                    [&](const UnreadSource& each) { return each.authority == bundle.id_of(authority); }));
  if (const auto* list = bundle.list_of(authority)) {
    figures.list = AuthorityFigures::List{.this_update = list->this_update(),
                                          .next_update = list->next_update(),
                                          .number = list->number(),
                                          .revoked = list->serials().size()};
  }
  return figures;
}

/// One for each key: where it has several certificates, the one that lasts longest counts.
std::vector<AuthorityFigures> authorities_of(const TrustBundle& bundle, WallTime now) {
  std::vector<AuthorityFigures> all;
  for (const auto& authority : bundle.authorities()) {
    auto figures = figures_for(bundle, authority, now);
    const auto same = std::find_if(all.begin(), all.end(), [&](const AuthorityFigures& each) {
      return each.authority == figures.authority && each.key_id == figures.key_id;
    });
    if (same == all.end())
      all.push_back(std::move(figures));
    else if (same->not_after < figures.not_after)
      *same = std::move(figures);
  }
  return all;
}

std::vector<SourceFigures> source_figures_of(const RevocationDesk& desk) {
  std::vector<SourceFigures> all;
  for (const auto& source : desk.sources()) {
    const auto& name = source.source.authority;
    auto found =
        std::find_if(all.begin(), all.end(), [&](const SourceFigures& each) { return each.authority == name; });
    if (found == all.end()) found = all.insert(all.end(), SourceFigures{.authority = name});
    ++(source.error.empty() ? found->good : found->bad);
    found->fetched += source.fetched;
    found->unchanged += source.unchanged;
    found->failed += source.failed;
    found->refused += source.refused;
  }
  return all;
}

MetricsFigures::Tally tally_of(const GatewayTally& tally) {
  return {.handshakes_refused = tally.handshakes_refused.entries(),
          .certificates_refused = tally.certificates_refused.entries(),
          .handshakes_for_session = tally.handshakes_for_session.load(),
          .handshakes_for_certificate = tally.handshakes_for_certificate.load(),
          .attestations_refused = tally.attestations_refused,
          .proofs = tally.proofs,
          .denied = tally.denied,
          .reloads = tally.reloads,
          .reloads_refused = tally.reloads_refused,
          .is_last_reload_refused = tally.is_last_reload_refused};
}

MetricsFigures::Policy policy_of(const PolicyVersions& policies) {
  const auto& loaded = policies.in_force();
  const auto left = policies.time_left();
  return {.hash = loaded.policy->hash(),
          .version = static_cast<std::uint64_t>(policies.record().running()->number),
          .rules = loaded.policy->rules().size(),
          .tests = loaded.tests,
          .is_held = !policies.record().held().empty(),
          .trial_left = left ? std::chrono::ceil<std::chrono::seconds>(*left) : std::chrono::seconds{0},
          .counts = policies.counts()};
}

}  // namespace

void MetricsCollector::gather(std::function<void(MetricsFigures)> when_done) {
  orders_.query(
      [this, when_done = std::move(when_done)](GatewayStatus status) {
        const auto begun = std::chrono::steady_clock::now();
        auto figures = figures_of(std::move(status));
        figures.gathering = std::chrono::steady_clock::now() - begun;
        when_done(std::move(figures));
      },
      true);
}

MetricsFigures MetricsCollector::figures_of(GatewayStatus status) {
  const auto& snapshot = gateway_.snapshot;
  const auto behind = gateway_.clock.behind();
  MetricsFigures figures{.version = std::string{product_version()},
                         .started = started_,
                         .handshake_threads = gateway_.handshake_threads,
                         .is_draining = gateway_.drain.plan().has_value(),
                         .drain_remaining = gateway_.drain.remaining(),
                         .clock_behind = behind,
                         .workers = std::move(status.workers),
                         .queue = status.queue,
                         .sessions = gateway_.counts,
                         .sessions_limit = snapshot.config.limits.sessions,
                         .served = {gateway_.admissions.served().taken(), gateway_.admissions.served().most()},
                         .refused = {gateway_.admissions.refused().taken(), gateway_.admissions.refused().most()},
                         .tally = tally_of(gateway_.tally),
                         .enrolled = gateway_.certificates.counters().enrolled,
                         .renewed = gateway_.certificates.counters().renewed,
                         .audit = gateway_.journal.state(),
                         .left_out = gateway_.journal.left_out(),
                         .decisions = gateway_.decisions.counts(),
                         .policy = policy_of(gateway_.policies),
                         .gateway_not_after = snapshot.trust.context->credentials().leaf().not_after,
                         .authorities = authorities_of(*snapshot.trust.bundle, gateway_.clock.now().wall + behind),
                         .sources = source_figures_of(gateway_.lists.revocations()),
                         .authorities_refused = gateway_.authorities.refused()};
  std::sort(figures.workers.begin(), figures.workers.end(),
            [](const WorkerView& a, const WorkerView& b) { return a.number < b.number; });
  for (auto& worker : figures.workers) {
    auto& known = totals_[worker.number];
    known.raise(worker.totals);
    worker.totals = known;
  }
  for (std::size_t i = 0; i < kCutCauses; ++i)
    figures.cuts[i] = gateway_.sessions.cut_latencies().totals(static_cast<CutCause>(i));
  add_forecast(figures);
  return figures;
}

void MetricsCollector::add_forecast(MetricsFigures& figures) {
  const auto& outlook = gateway_.outlook.fresh_outlook(kForecastAge);
  if (forecast_number_ != outlook.number()) {
    forecast_number_ = outlook.number();
    forecast_ = ForecastFigures{outlook.endings()};
  }
  const WallTime now = gateway_.clock.now().wall;
  figures.forecast_at = outlook.at();
  for (std::size_t i = 0; i < kEndingKinds; ++i) {
    const auto kind = static_cast<EndingKind>(i);
    auto& counted = figures.forecast[i];
    for (std::size_t k = 0; k < kForecastReaches.size(); ++k) {
      const WallTime until = now + kForecastReaches[k].within;
      counted.endings[k] = forecast_.endings(kind, until);
      counted.locked_out[k] = forecast_.locked_out(kind, until);
    }
    counted.overdue = forecast_.overdue(kind);
    counted.first = forecast_.first(kind);
  }
}

}  // namespace sallyport
