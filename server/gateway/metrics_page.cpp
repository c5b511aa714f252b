#include "server/gateway/metrics_page.hpp"

#include "server/metrics/exposition.hpp"

#include <chrono>
#include <string_view>

namespace sallyport {
namespace {

using Labels = Exposition::Labels;

double seconds_of(WallTime time) { return static_cast<double>(time.time_since_epoch().count()); }

double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::uint64_t flag(bool is_set) { return is_set ? 1 : 0; }

void put(Exposition& page, const Metric& metric, std::uint64_t value) {
  page.begin(metric);
  page.add(value);
}

void put(Exposition& page, const Metric& metric, double value) {
  page.begin(metric);
  page.add(value);
}

/// Every enumerator from `first` on, zero or not.
template <class Reason, std::size_t N>
void put_each(Exposition& page, const Metric& metric, const std::array<std::uint64_t, N>& counts,
              std::size_t first = 0) {
  page.begin(metric);
  for (std::size_t i = first; i < N; ++i) page.add(counts[i], {{metric.labels, name_of(static_cast<Reason>(i))}});
}

void put_each(Exposition& page, const Metric& metric, const std::vector<ReasonTally::Entry>& entries) {
  page.begin(metric);
  for (const auto& entry : entries) page.add(entry.count, {{metric.labels, entry.name}});
}

void put_gateway(Exposition& page, const MetricsFigures& figures) {
  put(page, metric("sallyport_up"), std::uint64_t{1});
  page.begin(metric("sallyport_build_info"));
  page.add(std::uint64_t{1}, {{"version", figures.version}});
  put(page, metric("sallyport_start_time_seconds"), seconds_of(figures.started));
  put(page, metric("sallyport_handshake_threads"), figures.handshake_threads);
  put(page, metric("sallyport_draining"), flag(figures.is_draining));
  put(page, metric("sallyport_drain_remaining_sessions"), figures.drain_remaining);
  put(page, metric("sallyport_clock_behind_seconds"), seconds_of(Duration{figures.clock_behind}));
}

void put_sessions(Exposition& page, const MetricsFigures& figures) {
  std::uint64_t online = 0;
  std::uint64_t verifying = 0;
  for (const auto& worker : figures.workers) {
    online += worker.online;
    verifying += worker.verifying;
  }
  page.begin(metric("sallyport_sessions"));
  page.add(online, {{"state", "online"}});
  page.add(verifying, {{"state", "verifying"}});
  put(page, metric("sallyport_sessions_limit"), figures.sessions_limit);
  page.begin(metric("sallyport_connections"));
  page.add(std::uint64_t{figures.served.taken}, {{"use", "served"}});
  page.add(std::uint64_t{figures.refused.taken}, {{"use", "refused"}});
  page.begin(metric("sallyport_connections_limit"));
  page.add(std::uint64_t{figures.served.most}, {{"use", "served"}});
  page.add(std::uint64_t{figures.refused.most}, {{"use", "refused"}});
  const auto& counts = figures.sessions;
  put(page, metric("sallyport_sessions_opened_total"), counts.opened);
  put_each<EndReason>(page, metric("sallyport_sessions_ended_total"), counts.ended);
  put_each<AdmissionRefusal>(page, metric("sallyport_sessions_refused_total"), counts.refused);
  put(page, metric("sallyport_session_flapping_alarms_total"), counts.flapping);
  put(page, metric("sallyport_session_source_changes_total"), counts.source_changed);
}

void put_verification(Exposition& page, const MetricsFigures& figures) {
  const auto& tally = figures.tally;
  page.begin(metric("sallyport_handshakes_completed_total"));
  page.add(tally.handshakes_for_session, {{"use", "session"}});
  page.add(tally.handshakes_for_certificate, {{"use", "certificate"}});
  put_each(page, metric("sallyport_handshakes_refused_total"), tally.handshakes_refused);
  page.begin(metric("sallyport_certificates_issued_total"));
  page.add(figures.enrolled, {{"kind", "enrolled"}});
  page.add(figures.renewed, {{"kind", "renewed"}});
  put_each(page, metric("sallyport_certificates_refused_total"), tally.certificates_refused);
  put_each<AttestRefusal>(page, metric("sallyport_attestations_refused_total"), tally.attestations_refused);
  put_each<ProofResult>(page, metric("sallyport_proofs_total"), tally.proofs);
  put_each<DecisionReason>(page, metric("sallyport_flows_denied_total"), tally.denied);
}

/// Two samples for each worker.
void put_traffic(Exposition& page, const Metric& metric, const std::vector<WorkerView>& workers,
                 std::uint64_t Session::Traffic::*in, std::uint64_t Session::Traffic::*out) {
  page.begin(metric);
  for (const auto& worker : workers) {
    const auto number = std::to_string(index_of(worker.number));
    page.add(worker.totals.traffic.*in, {{"worker", number}, {"direction", "in"}});
    page.add(worker.totals.traffic.*out, {{"worker", number}, {"direction", "out"}});
  }
}

void put_packets(Exposition& page, const MetricsFigures& figures) {
  using Traffic = Session::Traffic;
  put_traffic(page, metric("sallyport_tunnel_packets_total"), figures.workers, &Traffic::packets_in,
              &Traffic::packets_out);
  put_traffic(page, metric("sallyport_tunnel_bytes_total"), figures.workers, &Traffic::bytes_in, &Traffic::bytes_out);
  FilterStats filter;
  for (const auto& worker : figures.workers) filter += worker.totals.filter;
  // The first one stands for packets that passed.
  put_each<DropReason>(page, metric("sallyport_packets_dropped_total"), filter.drops, 1);
  put(page, metric("sallyport_packets_answered_total"), filter.refused);
  put(page, metric("sallyport_queue_packets_total"), figures.queue.queued);
  page.begin(metric("sallyport_queue_dropped_packets_total"));
  page.add(figures.queue.dropped_codel, {{"reason", "codel"}});
  page.add(figures.queue.dropped_limit, {{"reason", "limit"}});
  page.add(figures.queue.dropped_ended, {{"reason", "ended"}});
  put(page, metric("sallyport_queue_marked_packets_total"), figures.queue.marked);
}

void put_workers(Exposition& page, const std::vector<WorkerView>& workers) {
  page.begin(metric("sallyport_worker_sessions"));
  for (const auto& worker : workers) page.add(worker.online, {{"worker", std::to_string(index_of(worker.number))}});
  page.begin(metric("sallyport_worker_office_packets_total"));
  for (const auto& worker : workers) {
    const auto number = std::to_string(index_of(worker.number));
    page.add(worker.inside.read, {{"worker", number}, {"step", "read"}});
    page.add(worker.inside.handed_over, {{"worker", number}, {"step", "handed_over"}});
    page.add(worker.inside.taken, {{"worker", number}, {"step", "taken"}});
  }
  page.begin(metric("sallyport_worker_office_dropped_packets_total"));
  for (const auto& worker : workers) {
    const auto number = std::to_string(index_of(worker.number));
    for (std::size_t i = 0; i < kInsideDrops; ++i)
      page.add(worker.inside.drops[i], {{"worker", number}, {"reason", name_of(static_cast<InsideDrop>(i))}});
  }
}

void put_records(Exposition& page, const MetricsFigures& figures) {
  const auto& audit = figures.audit;
  put(page, metric("sallyport_audit_failing"), flag(audit.is_failing));
  put(page, metric("sallyport_audit_admits_sessions"), flag(audit.admits_sessions));
  put(page, metric("sallyport_audit_last_record"), audit.last);
  put(page, metric("sallyport_audit_signed_record"), audit.signed_to);
  put(page, metric("sallyport_audit_records_written_total"), audit.written);
  put(page, metric("sallyport_audit_records_lost_total"), audit.lost);
  put(page, metric("sallyport_audit_records_left_out_total"), figures.left_out);
  put(page, metric("sallyport_audit_failures_total"), audit.failures);
  put(page, metric("sallyport_decisions_written_total"), figures.decisions.written);
  put(page, metric("sallyport_decisions_lost_total"), figures.decisions.lost);
  put(page, metric("sallyport_denials_lost_total"), figures.decisions.denials_lost);
  put(page, metric("sallyport_reports_lost_total"), figures.decisions.reports_lost);
  put(page, metric("sallyport_messages_unread_total"), figures.decisions.messages_unread);
}

void put_policy(Exposition& page, const MetricsFigures& figures) {
  const auto& policy = figures.policy;
  page.begin(metric("sallyport_policy_info"));
  page.add(std::uint64_t{1}, {{"hash", policy.hash}});
  put(page, metric("sallyport_policy_version"), policy.version);
  put(page, metric("sallyport_policy_rules"), policy.rules);
  put(page, metric("sallyport_policy_tests"), policy.tests);
  put(page, metric("sallyport_policy_held"), flag(policy.is_held));
  put(page, metric("sallyport_policy_trial_seconds_left"), seconds_of(Duration{policy.trial_left}));
  put_each<PolicyRefusalReason>(page, metric("sallyport_policy_changes_refused_total"), policy.counts.refused);
  put_each<ReloadedPolicy>(page, metric("sallyport_policy_reloads_total"), policy.counts.reloaded);
  page.begin(metric("sallyport_reloads_total"));
  page.add(figures.tally.reloads, {{"result", "done"}});
  page.add(figures.tally.reloads_refused, {{"result", "refused"}});
  put(page, metric("sallyport_last_reload_refused"), flag(figures.tally.is_last_reload_refused));
}

template <class Value>
void put_of_authorities(Exposition& page, const Metric& metric, const std::vector<AuthorityFigures>& authorities,
                        Value value) {
  page.begin(metric);
  for (const auto& each : authorities) page.add(value(each), {{"authority", each.authority}, {"key_id", each.key_id}});
}

/// Nothing of an authority that has no list.
template <class Value>
void put_of_lists(Exposition& page, const Metric& metric, const std::vector<AuthorityFigures>& authorities,
                  Value value) {
  page.begin(metric);
  for (const auto& each : authorities) {
    if (each.list) page.add(value(*each.list), {{"authority", each.authority}, {"key_id", each.key_id}});
  }
}

void put_sources(Exposition& page, const std::vector<SourceFigures>& sources) {
  page.begin(metric("sallyport_crl_sources"));
  for (const auto& each : sources) {
    page.add(std::uint64_t{each.good}, {{"authority", each.authority}, {"state", "good"}});
    page.add(std::uint64_t{each.bad}, {{"authority", each.authority}, {"state", "bad"}});
  }
  page.begin(metric("sallyport_crl_looks_total"));
  for (const auto& each : sources) {
    page.add(each.fetched, {{"authority", each.authority}, {"result", "fetched"}});
    page.add(each.unchanged, {{"authority", each.authority}, {"result", "unchanged"}});
    page.add(each.failed, {{"authority", each.authority}, {"result", "failed"}});
    page.add(each.refused, {{"authority", each.authority}, {"result", "refused"}});
  }
}

void put_trust(Exposition& page, const MetricsFigures& figures) {
  using Authority = AuthorityFigures;
  using List = AuthorityFigures::List;
  const auto& all = figures.authorities;
  put(page, metric("sallyport_gateway_certificate_not_after_seconds"), seconds_of(figures.gateway_not_after));
  put_of_authorities(page, metric("sallyport_authority_not_after_seconds"), all,
                     [](const Authority& each) { return seconds_of(each.not_after); });
  put_of_authorities(page, metric("sallyport_authority_refused"), all,
                     [](const Authority& each) { return flag(each.is_refused); });
  put_of_lists(page, metric("sallyport_crl_this_update_seconds"), all,
               [](const List& list) { return seconds_of(list.this_update); });
  put_of_lists(page, metric("sallyport_crl_next_update_seconds"), all,
               [](const List& list) { return seconds_of(list.next_update); });
  put_of_lists(page, metric("sallyport_crl_number"), all, [](const List& list) { return list.number; });
  put_of_lists(page, metric("sallyport_crl_revoked_certificates"), all,
               [](const List& list) { return std::uint64_t{list.revoked}; });
  put_of_authorities(page, metric("sallyport_crl_unread_sources"), all,
                     [](const Authority& each) { return std::uint64_t{each.unread}; });
  put_sources(page, figures.sources);
  put(page, metric("sallyport_authority_updates_refused_total"), figures.authorities_refused);
}

void put_reaches(Exposition& page, const Metric& metric, const std::array<EndingFigures, kEndingKinds>& forecast,
                 std::array<std::size_t, kForecastReaches.size()> EndingFigures::*counts) {
  page.begin(metric);
  for (std::size_t i = 0; i < kEndingKinds; ++i) {
    for (std::size_t k = 0; k < kForecastReaches.size(); ++k) {
      page.add(std::uint64_t{(forecast[i].*counts)[k]},
               {{"kind", name_of(static_cast<EndingKind>(i))}, {"within", kForecastReaches[k].label}});
    }
  }
}

void put_forecast(Exposition& page, const MetricsFigures& figures) {
  put(page, metric("sallyport_forecast_time_seconds"), seconds_of(figures.forecast_at));
  put_reaches(page, metric("sallyport_forecast_endings"), figures.forecast, &EndingFigures::endings);
  put_reaches(page, metric("sallyport_forecast_locked_out_devices"), figures.forecast, &EndingFigures::locked_out);
  page.begin(metric("sallyport_forecast_overdue"));
  for (std::size_t i = 0; i < kEndingKinds; ++i)
    page.add(std::uint64_t{figures.forecast[i].overdue}, {{"kind", name_of(static_cast<EndingKind>(i))}});
  page.begin(metric("sallyport_forecast_first_end_seconds"));
  for (std::size_t i = 0; i < kEndingKinds; ++i) {
    const auto& first = figures.forecast[i].first;
    if (first) page.add(seconds_of(*first), {{"kind", name_of(static_cast<EndingKind>(i))}});
  }
}

std::array<double, CutLatencies::kBounds.size()> cut_bounds() {
  std::array<double, CutLatencies::kBounds.size()> bounds{};
  for (std::size_t i = 0; i < bounds.size(); ++i) bounds[i] = seconds_of(Duration{CutLatencies::kBounds[i]});
  return bounds;
}

void put_cuts(Exposition& page, const Metric& metric, const std::array<CutLatencies::Totals, kCutCauses>& cuts,
              CutLatencies::Histogram CutLatencies::Totals::*classes, Duration CutLatencies::Totals::*sum) {
  static const auto kBounds = cut_bounds();
  page.begin(metric);
  for (std::size_t i = 0; i < kCutCauses; ++i) {
    const auto cause = name_of(static_cast<CutCause>(i));
    page.add_histogram(kBounds, cuts[i].*classes, seconds_of(cuts[i].*sum), {"cause", cause});
  }
}

}  // namespace

std::string metrics_page(const MetricsFigures& figures, const std::vector<ReasonTally::Entry>& scrapes) {
  using Totals = CutLatencies::Totals;
  Exposition page;
  put_gateway(page, figures);
  put_sessions(page, figures);
  put_verification(page, figures);
  put_packets(page, figures);
  put_workers(page, figures.workers);
  put_records(page, figures);
  put_policy(page, figures);
  put_trust(page, figures);
  put_forecast(page, figures);
  put_cuts(page, metric("sallyport_cut_effect_seconds"), figures.cuts, &Totals::effect, &Totals::effect_sum);
  put_cuts(page, metric("sallyport_cut_last_packet_seconds"), figures.cuts, &Totals::last_packet,
           &Totals::last_packet_sum);
  put_each(page, metric("sallyport_metrics_requests_total"), scrapes);
  put(page, metric("sallyport_metrics_gather_seconds"), seconds_of(figures.gathering));
  return page.take();
}

}  // namespace sallyport
