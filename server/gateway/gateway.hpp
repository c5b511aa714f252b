#pragma once

#include "common/log/audit.hpp"
#include "common/log/log.hpp"
#include "common/uv/loop.hpp"
#include "common/uv/mailbox.hpp"
#include "common/uv/timer.hpp"
#include "server/gateway/admission.hpp"
#include "server/gateway/admission_gate.hpp"
#include "server/gateway/complaint.hpp"
#include "server/gateway/connection_room.hpp"
#include "server/gateway/control_books.hpp"
#include "server/gateway/control_message.hpp"
#include "server/gateway/cut_latencies.hpp"
#include "server/gateway/decision_keeper.hpp"
#include "server/gateway/denial_journal.hpp"
#include "server/gateway/device_budget_book.hpp"
#include "server/gateway/drain_plan.hpp"
#include "server/gateway/drill.hpp"
#include "server/gateway/enrolment_desk.hpp"
#include "server/gateway/est_service.hpp"
#include "server/gateway/flap_watch.hpp"
#include "server/gateway/gateway_tally.hpp"
#include "server/gateway/handshake_threads.hpp"
#include "server/gateway/inside_network.hpp"
#include "server/gateway/loss_book.hpp"
#include "server/gateway/obstacle.hpp"
#include "server/gateway/outlook.hpp"
#include "server/gateway/policy_versions.hpp"
#include "server/gateway/proof_desk.hpp"
#include "server/gateway/refusal_desk.hpp"
#include "server/gateway/report_gate.hpp"
#include "server/gateway/revocation_desk.hpp"
#include "server/gateway/rights_shelf.hpp"
#include "server/gateway/session_counts.hpp"
#include "server/gateway/session_opening.hpp"
#include "server/gateway/session_registry.hpp"
#include "server/gateway/session_rules.hpp"
#include "server/gateway/session_sweep.hpp"
#include "server/gateway/snapshot.hpp"
#include "server/gateway/unread_keeper.hpp"
#include "server/gateway/worker_orders.hpp"
#include "server/gateway/worker_pool.hpp"
#include "server/revocation/revocation_poller.hpp"
#include "server/store/store.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

namespace sallyport {

/// What happens to the decisions of live sessions.
struct DecisionCounts {
  bool is_kept = false;
  std::uint64_t written = 0;
  std::uint64_t lost = 0;  ///< more than a device may have recorded, or than the threads and the disk could take
  std::uint64_t denials_lost = 0;  ///< refusals, likewise
  std::uint64_t reports_lost = 0;  ///< of attestation
};

/// Who is shown decisions as they happen.
struct DecisionObserver {
  std::function<void(const DecisionRecord&)> decided;
  std::function<void(SessionId, std::uint64_t count)> lost;
};

/// The control plane: owns configuration, trust, policy, store and audit, admits verified connections, and tells the
/// threads that carry traffic what to do. Everything here runs on the loop it was given.
class Gateway {
 public:
  /// Binds, opens the inside network and starts the threads. The error is one line for the administrator.
  [[nodiscard]] static Result<std::unique_ptr<Gateway>, std::string> start(Loop& loop, std::string config_path,
                                                                           Startup startup, Log& log);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// Runs when the change is in force on every worker; the number is of the sessions it ended.
  using WhenDone = std::function<void(std::size_t ended)>;

  /// What a reload came to: the sessions it ended, and whether the policy directory counts now.
  using WhenReloaded = std::function<void(std::size_t ended, ReloadedPolicy policy)>;

  /// Reads every file again. All or nothing: on an error the running state stays and `when_done` is dropped. Only a
  /// policy that must not be used now is left out: revocation waits for nobody's confirmation. Trust that would lock
  /// out more known devices than the configuration allows, or `allow_stranding` where that is more, is an error too.
  [[nodiscard]] Result<void, Diagnostics> reload(const std::string& by, std::optional<unsigned> allow_stranding,
                                                 WhenReloaded when_done);
  /// The same for CA, CRL, certificate and device records alone. What the records say counts even when the files are
  /// wrong: whose device is revoked or disabled is cut all the same.
  [[nodiscard]] Result<void, Diagnostics> reload_trust(WhenDone when_done, const std::string& by = "gateway");

  [[nodiscard]] WorkerOrders& orders() noexcept { return orders_; }
  [[nodiscard]] AuditJournal& journal() noexcept { return journal_; }
  [[nodiscard]] const AuditJournal& journal() const noexcept { return journal_; }
  /// Ends the sessions that the records do not admit any more.
  void recheck_devices(WhenDone when_done);
  /// An administrator asks for another policy: its effect is measured from here.
  void note_policy_command() noexcept;

  /// Lets this device, which is a drill's, in for a while, with a way to `port` of the gateway's own inside address
  /// alone. The error is words.
  [[nodiscard]] Result<IpAddress, std::string> begin_drill(const DeviceId& device, std::uint16_t port,
                                                           const std::string& by);
  /// Ends its sessions, if there is one, and forgets every identity that was made for drills.
  void end_drill();
  /// The person's secret is another one, or gone: nothing that was proved with the old one counts any more. The number
  /// is of the sessions that were told. `event` is what happened, for the record, which may fail: what was proved is
  /// dropped whatever comes of that. `is_noted`: it is recorded already.
  void forget_proofs(const UserId& user, const std::string& event, const std::string& by, bool is_noted,
                     std::function<void(std::size_t sessions, bool recorded)> when_done);
  /// The wall clock is right, and what was seen before was not: nothing is judged by that any more. Sessions that live
  /// keep the end they have. The error is one line for the administrator.
  [[nodiscard]] Result<void, std::string> accept_clock(const std::string& by);
  /// What `candidate` would do to the live sessions if it were in force. Changes nothing.
  void measure(std::shared_ptr<const Policy> candidate, std::function<void(PolicyImpact)> when_done);

  /// From now on every decision of these devices, and no other's, goes to the observer.
  void trace(std::unordered_set<DeviceId> devices);
  void observe(DecisionObserver observer) { observer_ = std::move(observer); }
  [[nodiscard]] DecisionCounts decision_counts() const noexcept;
  [[nodiscard]] const CutLatencies& cut_latencies() const noexcept { return cuts_; }
  [[nodiscard]] const SessionCounts& session_counts() const noexcept { return counts_; }
  [[nodiscard]] const GatewayTally& tally() const noexcept { return tally_; }
  [[nodiscard]] const EnrolmentDesk::Counters& enrolment_counts() const noexcept { return enrolment_desk_.counters(); }
  /// Lists of devices that did not take an authority they were told of.
  [[nodiscard]] std::uint64_t authorities_refused() const noexcept { return authorities_refused_; }
  /// That they end this session.
  void note_session_end(SessionId session, const std::string& by);
  [[nodiscard]] const ConnectionRoom& served() const noexcept { return served_; }
  [[nodiscard]] const ConnectionRoom& refused() const noexcept { return refused_; }

  /// Asks every session to be followed by another one, spread over the first part of `period`, and ends what has not
  /// moved by its end. With `then_stop` nobody is let in meanwhile and the gateway stops at the end, or as soon as no
  /// session is left. While one is under way, all that another one can add is the stop: false when it adds
  /// nothing.
  bool drain(std::chrono::seconds period, bool then_stop, const std::string& by);
  [[nodiscard]] const std::optional<DrainPlan>& draining() const noexcept { return drain_; }
  [[nodiscard]] bool stops_after_drain() const noexcept { return stops_after_drain_; }

  /// Ends all sessions and stops the loop once they are told.
  void stop();

  [[nodiscard]] const Snapshot& snapshot() const noexcept { return snapshot_; }
  [[nodiscard]] PolicyVersions& policies() noexcept { return policies_; }
  [[nodiscard]] SessionRegistry& registry() noexcept { return registry_; }
  [[nodiscard]] Store& store() noexcept { return store_; }
  [[nodiscard]] const DenialJournal& denials() const noexcept { return denials_; }
  [[nodiscard]] const RevocationDesk& revocations() const noexcept { return revocations_; }
  /// No older than `most`, and of the trust in force.
  [[nodiscard]] const Outlook& fresh_outlook(Duration most = std::chrono::minutes{1});
  [[nodiscard]] Now now() { return clock_.now(); }
  /// How far the wall clock is behind what was seen already.
  [[nodiscard]] std::chrono::seconds clock_behind() { return clock_.behind(); }
  [[nodiscard]] Duration uptime() { return clock_.now().steady - started_; }
  [[nodiscard]] std::size_t handshake_threads() const noexcept { return handshakes_->size(); }
  /// A thread has stopped answering, and the loop was stopped for it: nothing can be ended in order any more, nor
  /// waited for. The process must go at once.
  [[nodiscard]] bool has_failed() const noexcept { return has_failed_; }

 private:
  Gateway(Loop& loop, std::string config_path, Startup startup, Store store, Log& log);
  Result<void, std::string> open();

  Result<void, std::string> open_enrolment();
  bool await_admission(VerifiedConnection&& verified);
  bool await_certificate(EstAsked&& asked);
  void take(EstAsked& asked);
  void take(EstRefused& refused) { refusals_.take(refused); }
  EnrolmentDesk::Answer answer_to(const EstAsked& asked);
  bool note_issued(const EstAsked& asked, const IssuedDevice& issued);
  void note_refused(const EstAsked& asked, const EnrolmentFailure& failure);
  void end_stale_sessions(const DeviceId& device);
  void take(VerifiedConnection& connection);
  void take(RefusedHandshake& refused) { refusals_.take(refused); }
  void take(WorkerReport& report);
  void on_started(const report::Started& started);
  void on_ended(const report::Ended& ended);
  void on_denied(const report::Denied& denied);
  void on_renewed(report::EvidenceRenewed& renewed);
  void on_posture_changed(const report::PostureChanged& changed);
  void on_attest_refused(const report::AttestRefused& refused);
  void on_proof_offered(const report::ProofOffered& offered);
  void note_judged(const SessionGrant& grant, ProofResult result);
  void share_proof(const SessionRegistry::Entry& entry, WallTime proved);
  void on_authorities_held(report::AuthoritiesHeld& held);
  void note_held(const SessionGrant& grant, const std::string& problem);
  void note_rotation(RotationPhase before);
  void tell_authorities();
  void ask_to_renew(const SessionRegistry::Entry& entry);
  const CertificateAuthority* issuing_authority(const EstAsked& asked);
  std::string issuer_of(const PeerIdentity& peer) const;
  void on_flows_cut(const report::FlowsCut& cut);
  void on_decisions(const report::Decisions& decisions);
  void note_allowed(SessionId session, const DecisionEvent& event);
  void on_lost(const report::Lost& lost);
  void post_report(WorkerReport&& report);
  void record_losses(bool is_last);
  void remember_policy(const std::shared_ptr<const Policy>& policy);

  Result<void, StoreError> open_clock();
  void watch_clock();
  void keep_clock();
  void tell_clock(Now now);
  Result<void, StoreError> reserve_session_numbers();
  std::optional<Obstacle> obstacle_to(const VerifiedConnection& connection, CodeKey& code_key);
  void turn_away(const VerifiedConnection& connection, Obstacle obstacle);
  /// What becomes of an opening.
  struct Opening {
    bool is_told = true;     ///< its start is recorded one by one
    bool has_asked = false;  ///< with a certificate that counts, and not too often
  };
  OpeningRecords opening_records(Opening* opening = nullptr);
  SessionGrant draft_of(const VerifiedConnection& connection, const CodeKey& code_key);
  Result<SessionGrant, AdmissionRefusal> admit(VerifiedConnection& connection, const SessionGrant& draft,
                                               Opening& opening);
  void register_session(const PeerIdentity& peer, const SessionGrant& grant, bool is_told);
  void carry(VerifiedConnection& connection, SessionGrant&& grant);
  void refuse(VerifiedConnection& connection, SessionGrant&& draft, AdmissionRefusal refusal);
  void note_replaced(const SessionGrant& grant, const std::string& serial);
  Store::MayLoseLease may_lose_lease(const SessionGrant& draft);
  void note_leased(const PeerIdentity& peer, const Lease& lease);
  bool note_source(const SessionGrant& grant);
  void make_room(const SessionGrant& grant, const std::vector<SessionId>& sessions);
  void note_take_over(const SessionRegistry::Entry& older, const report::Ended& ended);
  void use_session_settings();
  void note_drain(const char* what, std::chrono::seconds left, const std::string& by);
  void on_drain();
  void end_drain();
  void touch_leases();
  PolicyHooks policy_hooks();
  void use_policy(const LoadedPolicy& policy, std::function<void()> when_done);
  std::vector<std::shared_ptr<const Rights>> rights_of_all(const Policy& policy);
  void expect_devices();
  std::shared_ptr<const std::unordered_set<SessionId>> losing_by(std::shared_ptr<const Policy> candidate);
  void use_trust(LoadedTrust trust, TimePoint asked, WhenDone when_done);
  void end_departing(const std::vector<Departure>& departing, TimePoint asked, const WhenDone& when_done);
  void watch_revocations(unsigned allow_stranding);
  void take(SourceReport& report);
  Result<void, std::string> use_newer_lists(std::shared_ptr<const TrustBundle> bundle, unsigned allowed);
  void note_revocation_dates();
  void keep_unread();
  void tell_list_faults();
  void tell_stranded();
  void end_outdated_sessions();
  Result<void, Diagnostics> refuse_stranding(const LoadedTrust& next, unsigned limit);
  void look_ahead(bool warn);
  std::optional<AdmissionRefusal> obstacle_to(const PeerIdentity& peer);
  std::optional<AdmissionRefusal> record_at_first_sight(const PeerIdentity& peer);
  void tell_too_many(const AuthoritySettings& authority);
  void note_certificate(const PeerIdentity& peer);
  void on_tick();
  void watch_workers();
  void tell_left_out(bool is_last);
  bool note_refusal(VerifiedConnection& connection, const SessionGrant& grant, AdmissionRefusal refusal,
                    const std::string& code);
  AdmissionRefusal obstacle_without_room(const PeerIdentity& peer) const;
  void note_attested(SessionRegistry::Entry& entry);
  void end_unrecorded_sessions();
  void note_start();
  Result<void, Diagnostics> begin_reload(const std::string& by, std::optional<unsigned> allow_stranding,
                                         WhenReloaded when_done);
  void note_reload(const char* event, const std::string& by, std::size_t ended);
  void note_refused_reload(const std::string& by, const Diagnostics& diagnostics);

  Loop& loop_;
  const std::string config_path_;
  Snapshot snapshot_;
  Log& log_;
  ControlClock clock_;  ///< outlives the threads below
  TimePoint started_;
  TimePoint clock_kept_;
  bool clock_is_behind_ = false;
  std::uint64_t trust_generation_ = 1;
  bool paces_by_need_ = false;  ///< connections begin without pacing
  Store store_;
  StoreAlarm store_alarm_;
  SessionRegistry registry_;
  AuditJournal journal_;
  const ControlBooks books_{snapshot_, clock_, store_, registry_, journal_, store_alarm_, log_};
  GatewayTally tally_;
  RefusalDesk refusals_;
  WorkerOrders orders_;
  ProofDesk proofs_;
  std::unique_ptr<Masquerade> masquerade_;
  PolicyVersions policies_;
  RightsShelf shelf_;  ///< of the policy in force
  DenialJournal denials_;
  DecisionKeeper decisions_;
  EnrolmentDesk enrolment_desk_;
  RevocationDesk revocations_;
  Outlook outlook_;
  unsigned allow_stranding_ = 0;  ///< at the start
  DecisionObserver observer_;
  DeviceBudgetBook budgets_;
  LossBook losses_;
  CutLatencies cuts_;
  SessionCounts counts_;
  std::optional<TimePoint> policy_asked_;
  std::optional<Drill> drill_;
  Complaint unknown_complaint_;
  UnreadKeeper unread_;
  Complaint unread_complaint_;
  std::deque<std::shared_ptr<const Policy>> recent_policies_;
  ConnectionRoom served_;
  ConnectionRoom refused_{kRefusedAtOnce, kPlacesOfOne};
  std::uint64_t authorities_refused_ = 0;
  bool is_stopping_ = false;
  bool has_failed_ = false;
  FlapWatch flaps_;
  std::optional<DrainPlan> drain_;
  bool stops_after_drain_ = false;
  TimePoint leases_touched_;
  std::unordered_set<DeviceId> returned_;  ///< since the gateway started, while that is not long ago
  std::uint64_t reloads_ = 0;              ///< the number of the latest one: an overtaken reload changes nothing more
  AdmissionGate admissions_;
  ReportGate reports_;
  Timer tick_;
  Timer drain_timer_;
  Mailbox<ControlMessage> inbox_;
  // The threads below post to the inbox: they are stopped before it goes.
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<EstService> est_;
  std::unique_ptr<RevocationPoller> poller_;
  std::unique_ptr<HandshakeThreads> handshakes_;
};

/// What `--check` has against this trust: the devices that a start with it would lock out. Nullopt: nothing.
[[nodiscard]] std::optional<Diagnostic> stranding_at_start(Store& store, const LoadedTrust& trust, unsigned limit,
                                                           const std::string& config_path, WallTime now);

}  // namespace sallyport
