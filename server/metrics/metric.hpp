#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sallyport {

enum class MetricType : std::uint8_t { Counter, Gauge, Histogram };
/// As the text format writes it: "counter".
[[nodiscard]] std::string_view name_of(MetricType type) noexcept;

/// One metric family. Names, types and labels are stable; families and labels' values are only ever added.
struct Metric {
  std::string_view name;
  MetricType type;
  std::string_view labels;  ///< their names, with a comma between; empty: none
  std::string_view help;    ///< one line
};

namespace metrics {

inline constexpr auto kCounter = MetricType::Counter;
inline constexpr auto kGauge = MetricType::Gauge;
inline constexpr auto kHistogram = MetricType::Histogram;

/// All there are, in the order that a page has them. docs/metrics.md has the same table: a test compares them.
inline constexpr std::array kAll{
    Metric{"sallyport_up", kGauge, "", "1: the gateway has answered; 0, in a text file alone: it has not."},
    Metric{"sallyport_build_info", kGauge, "version", "Always 1; the version that runs."},
    Metric{"sallyport_start_time_seconds", kGauge, "", "When the gateway started, in Unix time."},
    Metric{"sallyport_handshake_threads", kGauge, "", "Threads that take new connections through TLS."},
    Metric{"sallyport_draining", kGauge, "", "1 while every session is asked to move."},
    Metric{"sallyport_drain_remaining_sessions", kGauge, "", "Sessions of a drain under way that have not moved."},
    Metric{"sallyport_clock_behind_seconds", kGauge, "",
           "How far this machine's clock is behind the time that was seen already."},

    Metric{"sallyport_sessions", kGauge, "state", "Live sessions: online, or verifying while an older one carries."},
    Metric{"sallyport_sessions_limit", kGauge, "", "Devices that may be connected at once ([limits] sessions)."},
    Metric{"sallyport_connections", kGauge, "use", "Connections that are served, and those that hear a refusal."},
    Metric{"sallyport_connections_limit", kGauge, "use", "How many of them there may be."},
    Metric{"sallyport_sessions_opened_total", kCounter, "", "Sessions that were admitted."},
    Metric{"sallyport_sessions_ended_total", kCounter, "reason", "Sessions that ended."},
    Metric{"sallyport_sessions_refused_total", kCounter, "reason",
           "Devices with a good certificate that got no session."},
    Metric{"sallyport_session_flapping_alarms_total", kCounter, "",
           "A device took over from itself again and again: is its key on two machines?"},
    Metric{"sallyport_session_source_changes_total", kCounter, "",
           "Devices that came from elsewhere than their live session."},

    Metric{"sallyport_handshakes_completed_total", kCounter, "use",
           "TLS handshakes with a good certificate, for a session or for a certificate's renewal."},
    Metric{"sallyport_handshakes_refused_total", kCounter, "reason",
           "Connections that came to nothing before anybody looked at device records."},
    Metric{"sallyport_certificates_issued_total", kCounter, "kind", "Certificates given out: enrolled or renewed."},
    Metric{"sallyport_certificates_refused_total", kCounter, "reason", "Requests for certificates that were refused."},
    Metric{"sallyport_attestations_refused_total", kCounter, "reason",
           "Answers by which a device did not prove its key."},
    Metric{"sallyport_proofs_total", kCounter, "result", "Codes that people typed, by what they came to."},
    Metric{"sallyport_flows_denied_total", kCounter, "reason",
           "Flows and questions that policy refused, as far as they were told one by one."},

    Metric{"sallyport_tunnel_packets_total", kCounter, "worker,direction",
           "Packets that passed: in from laptops, out to them."},
    Metric{"sallyport_tunnel_bytes_total", kCounter, "worker,direction", "Octets of those packets."},
    Metric{"sallyport_packets_dropped_total", kCounter, "reason", "Packets of sessions that did not pass."},
    Metric{"sallyport_packets_answered_total", kCounter, "",
           "Of those, packets that were answered with a refusal (TCP reset, ICMP)."},
    Metric{"sallyport_queue_packets_total", kCounter, "", "Packets to laptops that had to wait for their connection."},
    Metric{"sallyport_queue_dropped_packets_total", kCounter, "reason",
           "Of those, dropped so that their flow sends less (codel), because the queue was full (limit), or with their "
           "session (ended)."},
    Metric{"sallyport_queue_marked_packets_total", kCounter, "", "Of those, told by ECN to send less, and sent."},

    Metric{"sallyport_worker_sessions", kGauge, "worker", "Sessions that a worker carries."},
    Metric{"sallyport_worker_office_packets_total", kCounter, "worker,step",
           "Packets from the office: read from the worker's queue, handed_over to others, taken from others."},
    Metric{"sallyport_worker_office_dropped_packets_total", kCounter, "worker,reason",
           "Packets from the office that came to no session."},

    Metric{"sallyport_audit_failing", kGauge, "", "1 while the audit file cannot be written (a full disk, for one)."},
    Metric{"sallyport_audit_admits_sessions", kGauge, "", "0 while nobody is let in because of that."},
    Metric{"sallyport_audit_last_record", kGauge, "", "Number of the newest record."},
    Metric{"sallyport_audit_signed_record", kGauge, "", "Number of the newest record that a head has signed."},
    Metric{"sallyport_audit_records_written_total", kCounter, "", "Records written."},
    Metric{"sallyport_audit_records_lost_total", kCounter, "", "Records that could not be written."},
    Metric{"sallyport_audit_records_left_out_total", kCounter, "",
           "Records of floods that are on record as a count alone."},
    Metric{"sallyport_audit_failures_total", kCounter, "", "How often the audit file began to fail."},
    Metric{"sallyport_decisions_written_total", kCounter, "", "Decisions written to the decision log."},
    Metric{"sallyport_decisions_lost_total", kCounter, "", "Decisions that were too many to be kept."},
    Metric{"sallyport_denials_lost_total", kCounter, "", "Refusals that were too many to be told one by one."},
    Metric{"sallyport_reports_lost_total", kCounter, "", "Reports of attestation that were too many, likewise."},
    Metric{"sallyport_messages_unread_total", kCounter, "",
           "Messages of laptops that were too many in one second to be read."},

    Metric{"sallyport_policy_info", kGauge, "hash", "Always 1; the hash of the policy in force."},
    Metric{"sallyport_policy_version", kGauge, "", "Number of the version in force."},
    Metric{"sallyport_policy_rules", kGauge, "", "Rules of the policy in force; 0: nobody reaches anything."},
    Metric{"sallyport_policy_tests", kGauge, "",
           "Tests of the policy in force; all of them passed, or it would not be."},
    Metric{"sallyport_policy_held", kGauge, "",
           "1: the policy directory still holds files that were taken out of force."},
    Metric{"sallyport_policy_trial_seconds_left", kGauge, "",
           "Until a version on trial goes back by itself; 0: none is on trial."},
    Metric{"sallyport_policy_changes_refused_total", kCounter, "reason",
           "Changes of the policy (apply, rollback, confirm) that were refused."},
    Metric{"sallyport_policy_reloads_total", kCounter, "result",
           "What became of the policy when the gateway read its files again."},
    Metric{"sallyport_reloads_total", kCounter, "result", "Times the gateway read its files again: done or refused."},
    Metric{"sallyport_last_reload_refused", kGauge, "",
           "1: what the files held at the last reload is not in force, because something in them was wrong."},

    Metric{"sallyport_gateway_certificate_not_after_seconds", kGauge, "",
           "When the gateway's own certificate ends, in Unix time."},
    Metric{"sallyport_authority_not_after_seconds", kGauge, "authority,key_id",
           "When a certificate of an authority ends; authority is \"own\" or its name in the configuration."},
    Metric{"sallyport_authority_refused", kGauge, "authority,key_id",
           "1: every device of this authority is refused now; sallyportctl status says why."},
    Metric{"sallyport_crl_this_update_seconds", kGauge, "authority,key_id", "Date of its revocation list."},
    Metric{"sallyport_crl_next_update_seconds", kGauge, "authority,key_id",
           "When its revocation list ends, and new sessions with it."},
    Metric{"sallyport_crl_number", kGauge, "authority,key_id", "Number of its revocation list."},
    Metric{"sallyport_crl_revoked_certificates", kGauge, "authority,key_id", "Certificates on its revocation list."},
    Metric{"sallyport_crl_unread_sources", kGauge, "authority,key_id",
           "Places that hold a list of it that cannot be read."},
    Metric{"sallyport_crl_sources", kGauge, "authority,state",
           "Places where lists of a foreign authority come from: good or bad."},
    Metric{"sallyport_crl_looks_total", kCounter, "authority,result",
           "Looks at those places: fetched, unchanged, failed (nothing came), refused (a list that is not used)."},
    Metric{"sallyport_authority_updates_refused_total", kCounter, "",
           "Devices that did not take an authority they were told of."},

    Metric{"sallyport_forecast_time_seconds", kGauge, "", "When the forecast was worked out."},
    Metric{"sallyport_forecast_endings", kGauge, "kind,within",
           "Certificates and lists that have ended (0s) or end within this time."},
    Metric{"sallyport_forecast_locked_out_devices", kGauge, "kind,within",
           "Known devices that these endings lock out."},
    Metric{"sallyport_forecast_overdue", kGauge, "kind",
           "Of those that end within 30 days, how many should have been replaced by now."},
    Metric{"sallyport_forecast_first_end_seconds", kGauge, "kind",
           "When the first of them ends; no sample: none within 30 days."},

    Metric{"sallyport_cut_effect_seconds", kHistogram, "cause",
           "From the cause until a session was closed, or a flow's rights were gone."},
    Metric{"sallyport_cut_last_packet_seconds", kHistogram, "cause",
           "From the cause until the last packet that was let through; 0 when none was."},

    Metric{"sallyport_metrics_requests_total", kCounter, "result",
           "Requests to the metrics listener: served, or why not."},
    Metric{"sallyport_metrics_gather_seconds", kGauge, "",
           "What gathering these figures cost the control thread just now."},
};

/// Not to be compiled: the name is of no metric.
void there_is_no_such_metric();

}  // namespace metrics

/// The metric of this name, looked up while compiling.
[[nodiscard]] consteval Metric metric(std::string_view name) {
  for (const auto& each : metrics::kAll) {
    if (each.name == name) return each;
  }
  metrics::there_is_no_such_metric();
  return metrics::kAll.front();
}

/// One line of a Markdown table for each metric, with its head.
[[nodiscard]] std::string metric_reference();

}  // namespace sallyport
