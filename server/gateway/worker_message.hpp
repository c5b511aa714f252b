#pragma once

#include "common/queue/queue_counters.hpp"
#include "server/gateway/inside_counts.hpp"
#include "server/gateway/policy_impact.hpp"
#include "server/gateway/verified_connection.hpp"
#include "server/gateway/worker_number.hpp"
#include "server/gateway/worker_totals.hpp"
#include "server/policy/policy.hpp"
#include "server/session/session.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

namespace sallyport {

/// Names one request of the control thread until every worker has answered it.
enum class Ticket : std::uint64_t {};

/// One live session as `sessions list` shows it.
struct SessionView {
  SessionGrant grant;
  WorkerNumber worker{};
  Session::Traffic traffic;
  std::size_t flows = 0;
  std::uint64_t refused = 0;
  Session::ChangesTold changes;
  bool is_verifying = false;  ///< an older session of the device carries still
  WallTime moves = kNever;    ///< when its client is told to move
  WallTime ends = kNever;
  std::chrono::seconds idle{};  ///< since the last packet
  std::string congestion{};     ///< control of its connection
  QueueCounters queue{};        ///< of packets to the client that had to wait
};

/// One worker as `status` shows it.
struct WorkerView {
  WorkerNumber number;
  InsideCounts inside;
  WorkerTotals totals{};
  std::uint64_t online = 0;     ///< sessions
  std::uint64_t verifying = 0;  ///< likewise, while an older one carries
};

/// What the control thread tells a worker. Commands are carried out in order.
namespace command {

/// Serve this connection: with a tunnel, or with `refusal` as the only answer.
struct Adopt {
  VerifiedConnection connection;
  SessionGrant grant;
  std::optional<Problem> refusal;
  /// Holds what was compiled for this session until it has its own: compiling is not the worker's work.
  std::shared_ptr<const Rights> ready{};
};
struct ReplacePolicy {
  Ticket ticket;
  std::shared_ptr<const Policy> policy;
  std::vector<std::shared_ptr<const Rights>> ready;  ///< likewise, for the sessions there are
  std::optional<TimePoint> asked{};                  ///< when somebody wanted it
};
/// The certificates of the sessions that remain were held against lists of these dates: by key id of the authority.
/// Nullopt: what it revokes now is not known.
struct NoteRevocation {
  std::unordered_map<std::string, std::optional<WallTime>> as_of;
};
struct End {
  Ticket ticket;
  std::vector<SessionId> sessions;
  EndReason reason;
  std::optional<CutOrigin> origin{};  ///< of an end that is measured
};
/// All live sessions. A worker with many takes it in slices, as with Measure.
struct List {
  Ticket ticket;
  bool is_brief = false;  ///< their number and their sums alone
  std::optional<std::vector<SessionId>> left{};
  std::vector<SessionView> sessions{};
  FilterStats drops{};
  QueueCounters queue{};
  WorkerView worker{};
};
/// Says what this policy would do to the live sessions, and changes nothing. A worker with many takes it in slices and
/// tells itself to go on.
struct Measure {
  Ticket ticket;
  std::shared_ptr<const Policy> candidate;
  std::vector<std::shared_ptr<const Rights>> ready;             ///< compiled, as with ReplacePolicy
  std::shared_ptr<const std::unordered_set<SessionId>> losing;  ///< that would lose access; never null
  std::optional<std::vector<SessionId>> left{};                 ///< not looked at yet; unset until the worker has begun
  PolicyImpact found{};
};
/// The live flows of these sessions, at most `limit` of them.
struct ListFlows {
  Ticket ticket;
  std::vector<SessionId> sessions;
  std::size_t limit;
};
/// Which decisions are reported from now on: what the log keeps, and all of the devices that are traced.
struct WatchDecisions {
  bool keep = false;
  std::unordered_set<DeviceId> traced{};
};
/// What the code that this session offered came to.
struct SettleProof {
  SessionId session;
  ProofOutcome outcome;
};
/// When the person of these sessions proved to be there, elsewhere; nullopt: what was proved counts no more.
struct NoteProof {
  Ticket ticket;
  std::vector<SessionId> sessions;
  std::optional<WallTime> proved;
  std::optional<TimePoint> asked{};  ///< when somebody wanted it so
};
/// What clients are told of authorities from now on; null: nothing.
struct Announce {
  std::shared_ptr<const AuthorityAnnouncement> announcement;
};
/// The device of this session is to ask for its next certificate within this time.
struct AskToRenew {
  SessionId session;
  std::chrono::seconds within;
};
/// How long sessions may go on from now on.
struct ReplaceLimits {
  SessionLimits limits;
};
/// These sessions are to move, and end after `left`.
struct Drain {
  std::vector<SessionId> sessions;
  std::chrono::seconds left;
};
/// Ends every session with the reason Shutdown, then reports with the ticket.
struct Stop {
  Ticket ticket;
  std::chrono::seconds return_within;  ///< so that not all clients come back at once
};
/// Counted, and nothing else: whoever does that lives.
struct Beat {};

}  // namespace command

using WorkerCommand = std::variant<command::Adopt, command::ReplacePolicy, command::NoteRevocation, command::End,
                                   command::List, command::Measure, command::ListFlows, command::WatchDecisions,
                                   command::SettleProof, command::NoteProof, command::Announce, command::AskToRenew,
                                   command::ReplaceLimits, command::Drain, command::Stop, command::Beat>;

/// One live flow as `flows` shows it.
struct FlowView {
  SessionId session;
  Flow flow;
  bool knows_rule = false;  ///< flow.rule is one of `policy`; else the flow is judged anew on its next packet
  std::chrono::seconds silent{};
  std::shared_ptr<const Policy> policy;
};

/// What a worker tells the control thread.
namespace report {

struct Started {
  SessionId session;
};
struct Ended {
  SessionId session;
  EndReason reason;
  Session::Traffic traffic;
  std::uint64_t refused = 0;  ///< packets that were answered with a refusal
  SessionLosses losses{};
  bool was_told_to_move = false;
  std::optional<Cut> cut{};
};
/// Flows that were cut while their session goes on.
struct FlowsCut {
  SessionId session;
  std::vector<Cut> cuts;
};
struct Denied {
  SessionId session;
  Session::Denied denial;
};
struct EvidenceRenewed {
  SessionId session;
  Evidence evidence;
};
struct AttestRefused {
  SessionId session;
  AttestRefusal refusal;
};
/// A code to be judged: command::SettleProof is awaited.
struct ProofOffered {
  SessionId session;
  Session::ProofOffered offer;
};
struct PostureChanged {
  SessionId session;
  Session::PostureChanged change;
};
struct AuthoritiesHeld {
  SessionId session;
  AuthorityReport report;
};
struct RoutesCut {
  SessionId session;
  std::size_t left_off;
};
/// The command with this ticket has taken effect on this worker.
struct Done {
  Ticket ticket;
};
struct Listing {
  Ticket ticket;
  std::vector<SessionView> sessions;
  FilterStats drops;
  QueueCounters queue;  ///< of sessions that ended, too
  WorkerView worker;
};

struct Measured {
  Ticket ticket;
  PolicyImpact impact;
};
struct Flows {
  Ticket ticket;
  std::vector<FlowView> flows;
  std::size_t left_off = 0;
};
struct Decisions {
  SessionId session;
  std::vector<DecisionEvent> events;
};
/// What a session did not tell since the last report of this kind.
struct Lost {
  SessionId session;
  DeviceId device;
  UserId user;
  SessionLosses losses;
};

}  // namespace report

using WorkerReport =
    std::variant<report::Started, report::Ended, report::Denied, report::EvidenceRenewed, report::AttestRefused,
                 report::ProofOffered, report::PostureChanged, report::AuthoritiesHeld, report::RoutesCut, report::Done,
                 report::Listing, report::Measured, report::Flows, report::Decisions, report::Lost, report::FlowsCut>;

}  // namespace sallyport
