#include "server/gateway/gateway_document.hpp"

#include "common/base/version.hpp"
#include "common/ipc/diagnostics_document.hpp"
#include "common/ipc/queue_document.hpp"
#include "server/gateway/policy_document.hpp"
#include "server/gateway/trust_document.hpp"
#include "server/history/policy_install.hpp"
#include "server/policy/uncounted_files.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace sallyport {
namespace {

using Json = nlohmann::json;

Json time_or_null(const std::optional<WallTime>& time) { return time ? Json(format_utc(*time)) : Json(nullptr); }

Json clock_document(const GatewayView& gateway) {
  const auto behind = gateway.clock.behind();
  return {{"behind_seconds", behind.count()},
          {"latest", format_utc(gateway.clock.now().wall + behind)},
          {"alarm", behind > ClockFloor::kTolerance}};
}

Json counters_document(const FilterStats& drops) {
  Json counters = Json::object();
  for (std::size_t i = 1; i < kDropReasons; ++i) {
    const auto reason = static_cast<DropReason>(i);
    counters[std::string{name_of(reason)}] = drops.dropped(reason);
  }
  return counters;
}

Json decisions_document(const GatewayView& gateway) {
  const auto counts = gateway.decisions.counts();
  return {{"file", counts.is_kept ? Json(gateway.snapshot.config.decisions) : Json(nullptr)},
          {"written", counts.written},
          {"lost", counts.lost}};
}

Json audit_document(const GatewayView& gateway) {
  const auto state = gateway.journal.state();
  return {{"file", gateway.snapshot.config.audit},
          {"state", state.is_failing ? "failing" : "good"},
          {"problem", state.is_failing ? Json(state.problem) : Json(nullptr)},
          {"since", time_or_null(state.since)},
          {"admits_sessions", state.admits_sessions},
          {"written", state.written},
          {"lost", state.lost},
          {"failures", state.failures},
          {"left_out", gateway.journal.left_out()},
          {"last", state.last}};
}

/// Connections that are served now, and how many may be; refusals that are being told likewise.
Json connections_document(const GatewayView& gateway) {
  return {{"served", gateway.admissions.served().taken()},
          {"most", gateway.admissions.served().most()},
          {"refused", gateway.admissions.refused().taken()},
          {"most_refused", gateway.admissions.refused().most()}};
}

/// Since the gateway started, by the reason of handshake.refused records.
Json refused_handshakes_document(const GatewayTally& tally) {
  Json refused = Json::object();
  for (const auto& [reason, count] : tally.handshakes_refused.entries()) refused[reason] = count;
  return refused;
}

Json denials_document(const GatewayView& gateway) {
  const auto counts = gateway.decisions.counts();
  return {{"lost", counts.denials_lost},
          {"reports_lost", counts.reports_lost},
          {"messages_unread", counts.messages_unread}};
}

/// Null: no certificates are given out.
Json enrolment_document(const GatewayView& gateway) {
  if (!gateway.snapshot.config.enrolment) return nullptr;
  const auto& counts = gateway.certificates.counters();
  Json refused = Json::object();
  for (std::size_t i = 0; i < kEnrolmentRefusals; ++i) {
    refused[std::string{name_of(static_cast<EnrolmentRefusal>(i))}] = counts.refused[i];
  }
  return {{"enrolled", counts.enrolled}, {"renewed", counts.renewed}, {"refused", std::move(refused)}};
}

Json figures_document(const CutLatencies::Figures& figures) {
  const auto microseconds = [](Duration duration) {
    return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  };
  return {{"p50", microseconds(figures.p50)}, {"p99", microseconds(figures.p99)}, {"max", microseconds(figures.max)}};
}

/// How fast what had to be cut was cut.
Json cuts_document(const CutLatencies& latencies) {
  Json causes = Json::object();
  for (std::size_t i = 0; i < kCutCauses; ++i) {
    const auto cause = static_cast<CutCause>(i);
    const auto view = latencies.view(cause);
    Json histogram = Json::array();
    for (std::size_t k = 0; k < view.histogram.size(); ++k) {
      const bool is_last = k == CutLatencies::kBounds.size();
      histogram.push_back({{"up_to_ms", is_last ? Json(nullptr) : Json(CutLatencies::kBounds[k].count())},
                           {"count", view.histogram[k]}});
    }
    causes[std::string{name_of(cause)}] = {{"count", view.count},
                                           {"window", view.window},
                                           {"effect_us", figures_document(view.effect)},
                                           {"last_packet_us", figures_document(view.last_packet)},
                                           {"last_packet_histogram", std::move(histogram)}};
  }
  return causes;
}

template <class Reason, std::size_t N>
Json by_reason(const std::array<std::uint64_t, N>& counts) {
  Json document = Json::object();
  for (std::size_t i = 0; i < N; ++i) document[std::string{name_of(static_cast<Reason>(i))}] = counts[i];
  return document;
}

Json worker_document(const WorkerView& worker, const std::vector<SessionView>& sessions) {
  std::uint64_t online = 0;
  Session::Traffic traffic;
  for (const auto& view : sessions) {
    if (view.worker != worker.number) continue;
    if (!view.is_verifying) ++online;
    traffic.packets_in += view.traffic.packets_in;
    traffic.packets_out += view.traffic.packets_out;
  }
  return {{"worker", index_of(worker.number)}, {"sessions", online},
          {"packets_in", traffic.packets_in},  {"packets_out", traffic.packets_out},
          {"read", worker.inside.read},        {"handed_over", worker.inside.handed_over},
          {"taken", worker.inside.taken},      {"dropped", by_reason<InsideDrop>(worker.inside.drops)}};
}

/// In the order of their numbers. Packets in and out are those of the sessions that live.
Json workers_document(const GatewayStatus& status) {
  std::vector<Json> workers(status.workers.size());
  for (const auto& worker : status.workers) workers[index_of(worker.number)] = worker_document(worker, status.sessions);
  return workers;
}

/// Since the gateway started.
Json session_counts_document(const SessionCounts& counts) {
  return {{"ended", by_reason<EndReason>(counts.ended)},
          {"refused", by_reason<AdmissionRefusal>(counts.refused)},
          {"flapping", counts.flapping},
          {"source_changed", counts.source_changed}};
}

Json policy_document(const GatewayView& gateway) {
  const auto& policy = *gateway.snapshot.policy.policy;
  const auto& record = gateway.policies.record();
  return {{"hash", policy.hash()},
          {"rules", policy.rules().size()},
          {"empty", policy.is_empty()},
          {"version", static_cast<std::uint64_t>(record.running()->number)},
          {"digest", record.running()->digest.text()},
          {"pending", trial_document(gateway.policies)},
          {"changing", gateway.policies.is_changing()},
          {"held", !record.held().empty()},
          {"changes", counts_document(gateway.policies.counts())}};
}

/// What is in the way, and what to do about it.
std::pair<std::string, std::string> why_not_reloaded(ReloadedPolicy policy, const std::string& version,
                                                     const GatewayConfig& config) {
  if (policy == ReloadedPolicy::Busy) return {"another change of the policy is under way", "reload again"};
  if (policy == ReloadedPolicy::Unaudited)
    return {"a new policy cannot be written to the audit file", "make room for it, then reload again"};
  if (policy == ReloadedPolicy::HalfInstalled) {
    const auto& directory = config.policy_directory;
    return {"sallyportctl policy apply is under way in " + directory + " or was cut short there",
            "run it again with the same files; those from before are in " + directory + '/' + kBeforeApply};
  }
  return {"version " + version + " waits for confirmation",
          "sallyportctl policy confirm " + version + ", or sallyportctl policy rollback; then reload again"};
}

}  // namespace

Json status_document(const GatewayView& gateway, const GatewayStatus& status) {
  const auto& snapshot = gateway.snapshot;
  const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(gateway.clock.now().steady - gateway.started);
  return {{"v", 1},
          {"ok", true},
          {"name", snapshot.config.name},
          {"version", product_version()},
          {"uptime_seconds", uptime.count()},
          {"policy", policy_document(gateway)},
          {"reloads",
           {{"done", gateway.tally.reloads},
            {"refused", gateway.tally.reloads_refused},
            {"last_refused", gateway.tally.is_last_reload_refused}}},
          {"sessions", std::count_if(status.sessions.begin(), status.sessions.end(),
                                     [](const SessionView& view) { return !view.is_verifying; })},
          {"connections", connections_document(gateway)},
          {"session_counts", session_counts_document(gateway.counts)},
          {"workers", workers_document(status)},
          {"handshake_threads", gateway.handshake_threads},
          {"handshakes_refused", refused_handshakes_document(gateway.tally)},
          {"drain", drain_document(gateway)},
          {"trust", trust_document(gateway)},
          {"clock", clock_document(gateway)},
          {"audit", audit_document(gateway)},
          {"decisions", decisions_document(gateway)},
          {"denials", denials_document(gateway)},
          {"enrolment", enrolment_document(gateway)},
          {"cut", cuts_document(gateway.sessions.cut_latencies())},
          {"queue", queue_document(status.queue)},
          {"counters", counters_document(status.drops)}};
}

Json reload_document(const GatewayView& gateway, std::size_t ended, ReloadedPolicy policy) {
  const auto& running = *gateway.policies.record().running();
  const bool is_ok = policy == ReloadedPolicy::InForce || policy == ReloadedPolicy::Held;
  Json document = {{"v", 1},
                   {"ok", is_ok},
                   {"ended", ended},
                   {"policy", running.hash},
                   {"version", static_cast<std::uint64_t>(running.number)},
                   {"held", policy == ReloadedPolicy::Held},
                   {"pending", trial_document(gateway.policies)},
                   {"uncounted", diagnostics_document(find_uncounted_files(gateway.snapshot.config.policy_directory))}};
  if (is_ok) return document;
  const auto [why, hint] = why_not_reloaded(policy, to_string(running.number), gateway.snapshot.config);
  document["reason"] = name_of(policy);
  document["error"] = why + ": certificates and revocation were reloaded, the policy was not";
  document["hint"] = hint;
  return document;
}

Json drain_document(const GatewayView& gateway) {
  const auto& plan = gateway.drain.plan();
  if (!plan) return nullptr;
  const auto& sessions = plan->sessions();
  return {{"sessions", sessions.size()},
          {"asked", plan->asked()},
          {"remaining", gateway.drain.remaining()},
          {"seconds_left", plan->left(gateway.clock.now().steady).count()},
          {"stops", gateway.drain.stops_after_drain()}};
}

}  // namespace sallyport
