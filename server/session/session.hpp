#pragma once

#include "common/base/bytes.hpp"
#include "common/base/time.hpp"
#include "common/queue/let_in.hpp"
#include "common/wire/address_request.hpp"
#include "common/wire/authorities.hpp"
#include "common/wire/capsule.hpp"
#include "common/wire/posture_standing.hpp"
#include "common/wire/problem.hpp"
#include "common/wire/proof.hpp"
#include "common/wire/upgrade.hpp"
#include "server/flow/packet_filter.hpp"
#include "server/policy/policy.hpp"
#include "server/proof/proof_outcome.hpp"
#include "server/session/cut.hpp"
#include "server/session/decision_recorder.hpp"
#include "server/session/end_reason.hpp"
#include "server/session/session_grant.hpp"
#include "server/session/session_life.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sallyport {

/// The gateway's half of one device's tunnel, from the upgrade request on. Pure: no socket, no clock, no thread.
///
/// Plaintext for the client is appended to `out`. After every call drain poll_event() and re-arm next_timeout().
/// Once has_ended() nothing passes in either direction; the owner sends what is in `out` and closes.
class Session {
 public:
  struct Started {};
  struct Ended {
    EndReason reason;
  };
  /// A flow or a question that policy answered with no, as far as DecisionRecorder::may_tell() lets it be told.
  struct Denied {
    Destination destination;
    DropReason drop;
    Decision decision;
    std::string code;
    std::shared_ptr<const Policy> policy{};      ///< that decided
    std::shared_ptr<const Evidence> evidence{};  ///< as it was then
    WallTime time{};                             ///< of the decision
  };
  /// More address ranges are reachable than one ROUTE_ADVERTISEMENT holds: the client is not told of the last ones.
  struct RoutesCut {
    std::size_t left_off;
  };
  /// The device did not prove what it was asked to prove; its evidence stays as old as it is.
  struct AttestRefused {
    AttestRefusal refusal;
  };
  /// The device attested: what the session is judged by from here on.
  struct EvidenceRenewed {
    Evidence evidence;
  };
  /// The person typed a code, and some rule would look at it: settle_proof() is to be called with what it came to.
  /// None follows before that.
  struct ProofOffered {
    ProofAttempt attempt;
    WallTime asked;  ///< what it proves is dated then
  };
  /// The verdict on these posture checks is another one than was told last, by a report, its age or a new policy: what
  /// it is now. A device that turns them all the time is told of less often.
  struct PostureChanged {
    std::vector<std::pair<std::string, PostureState>> checks;
  };
  /// Which authorities the device says it trusts: the answer to what was announced.
  struct AuthoritiesHeld {
    AuthorityReport report;
  };
  using Event = std::variant<Started, Ended, Denied, RoutesCut, AttestRefused, EvidenceRenewed, ProofOffered,
                             PostureChanged, AuthoritiesHeld>;

  /// How often the client said that its report has changed.
  struct ChangesTold {
    std::uint64_t heard = 0;
    std::uint64_t held_back = 0;  ///< of those: not followed by a challenge of their own at once
  };
  struct Traffic {
    std::uint64_t packets_in = 0;  ///< from the client, passed to the office
    std::uint64_t bytes_in = 0;
    std::uint64_t packets_out = 0;  ///< from the office, passed to the client
    std::uint64_t bytes_out = 0;
  };

  Session(SessionGrant grant, std::shared_ptr<const Policy> policy, Now now);

  /// A session that answers the upgrade request with `refusal` and ends.
  Session(SessionGrant grant, Problem refusal, Now now);

  /// Takes plaintext from the client. `plaintext` stays borrowed until next_packet() has returned nullopt.
  void receive(Bytes plaintext);

  /// The next packet, or super-packet, that may go to the office, borrowed until the next call; nullopt when the input
  /// is used up.
  [[nodiscard]] std::optional<SuperPacket> next_packet(Now now, ByteBuffer& out);

  /// The client closed its side. A capsule cut short is a protocol violation (RFC 9297 3.3).
  void end_of_input(ByteBuffer& out);

  /// A packet from the office for this device: appended to `out` as a DATAGRAM when it belongs to a live flow. A
  /// super-packet goes as it is to a client that takes it, as its segments to any other.
  void send_packet(const SuperPacket& packet, Now now, ByteBuffer& out);
  /// The two halves of it, for a packet that must wait in between. What of it may go to the device, and by what;
  /// nullopt: nothing, and that is counted.
  struct Admitted {
    SuperPacket packet;
    LetIn let_in;
  };
  [[nodiscard]] std::optional<Admitted> admit(const SuperPacket& packet, Now now);
  /// Appends what admit() let in, or a piece of it, unless the session ended since. What another session or generation
  /// let in, or a decision that has ended since, is judged again.
  void send_admitted(const SuperPacket& packet, const LetIn& let_in, Now now, ByteBuffer& out);

  /// From here on nothing passes by the old policy: every live flow is judged again on its next packet. Cheap: rights
  /// are made on the next packet or by refresh(), which also tells the client its new routes.
  void replace_policy(std::shared_ptr<const Policy> policy);
  /// Follows replace_policy(): when somebody asked for it, and since when it is in force. For take_cuts() alone.
  void note_replaced(TimePoint asked, TimePoint effect) noexcept;

  /// A newer revocation list still lets the certificate in; its date as the authority wrote it. Nullopt: there is one
  /// that cannot be read, so that no date is known.
  void note_revocation(std::optional<WallTime> as_of);

  /// Makes rights, if there are none for this moment, and tells the client its routes.
  void refresh(Now now, ByteBuffer& out);

  /// A challenge is due: the owner calls challenge() with fresh random octets.
  [[nodiscard]] bool wants_challenge(Now now) const noexcept {
    return has_upgraded() && attestation_ && attestation_->is_due(now.steady);
  }
  void challenge(const AttestNonce& nonce, Now now, ByteBuffer& out);
  /// There are no random octets: tries again a moment later.
  void postpone_challenge(Now now) noexcept {
    if (attestation_) attestation_->postpone(now.steady);
  }

  /// What the code of the last ProofOffered came to: dates the evidence, and tells the client. Without such a code
  /// nothing happens.
  void settle_proof(const ProofOutcome& outcome, Now now, ByteBuffer& out);
  /// When the person proved to be there, elsewhere than here; nullopt: what was proved counts no more.
  /// `asked`: when somebody wanted it so, for take_cuts() alone.
  void note_proof(std::optional<WallTime> proved, Now now, ByteBuffer& out, std::optional<TimePoint> asked = {});

  /// What the client is told of authorities, at once or when it comes online. Null: nothing.
  void announce(std::shared_ptr<const AuthorityAnnouncement> announcement, ByteBuffer& out);
  /// The client is to ask for its next certificate within this time.
  void ask_to_renew(std::chrono::seconds within, ByteBuffer& out);

  /// What replace_policy() with `candidate` would do to the live flows now. Changes nothing.
  [[nodiscard]] FlowImpact impact_of(const Policy& candidate, Now now) const;

  /// The device has a session already: this one carries nothing before it was verified in full and has taken over
  /// (docs/protocol.md section 18.1). Before the first octet is received.
  void hold() noexcept { is_held_ = true; }
  /// A held session that is verified: the owner calls take_over() for what there is to take over, then go_online().
  [[nodiscard]] bool wants_to_take_over() const noexcept { return state_ == State::Verifying && is_verified_; }
  /// Takes over the flows of an older session of the same device and person, each to be judged again on its next
  /// packet, and ends it: what still comes on it is for next_late_packet(). From another device's or person's session,
  /// nothing. False: it was such a one.
  bool take_over(Session& older, ByteBuffer& out_of_older);
  /// Requires wants_to_take_over().
  void go_online(Now now, ByteBuffer& out);
  /// Its client was told that another session took over, and may still have sent something before it knew.
  [[nodiscard]] bool is_handed_over() const noexcept { return is_handed_over_; }
  /// After receive(): the next packet that came late on a session that was handed over, if `successor` lets it pass.
  /// `out` is the successor's.
  [[nodiscard]] std::optional<SuperPacket> next_late_packet(Session& successor, Now now, ByteBuffer& out);

  /// From now on these count.
  void use_limits(const SessionLimits& limits, Now now) noexcept { life_.use(limits, now.steady); }
  /// The client is told to move, and the session ends after `left` at the latest.
  void drain(std::chrono::seconds left, Now now, ByteBuffer& out);
  [[nodiscard]] const SessionLife& life() const noexcept { return life_; }

  /// Ends the session from this side. Idempotent. `return_within`: the client comes back after a random part of it.
  void end(EndReason reason, ByteBuffer& out, std::chrono::seconds return_within = {});

  void handle_timeout(Now now, ByteBuffer& out);
  [[nodiscard]] TimePoint next_timeout(Now now) const;
  /// Between two calls of receive(): gives back what unfinished capsules have made the reader's buffer grow to.
  void release_idle_memory() noexcept { capsules_.release_memory(); }
  /// Octets that it may give back.
  [[nodiscard]] std::size_t idle_memory() const noexcept { return capsules_.memory(); }
  [[nodiscard]] std::optional<Event> poll_event();

  /// What take_decisions() is to hold. Nothing by default.
  void watch(DecisionWatch watch) noexcept { recorder_.watch(watch); }
  [[nodiscard]] bool has_decisions() const noexcept;
  /// A part of them, when there are many: call it while has_decisions().
  [[nodiscard]] std::vector<DecisionEvent> take_decisions(Now now);
  /// What was not told because it was too much: now and then while the session lives, and at its end.
  [[nodiscard]] bool has_losses(Now now) const noexcept {
    return has_ended() ? recorder_.has_losses(TimePoint::max()) : recorder_.has_losses(now.steady);
  }
  [[nodiscard]] SessionLosses take_losses(Now now) noexcept { return recorder_.take_losses(now.steady); }
  /// Since the session began.
  [[nodiscard]] SessionLosses losses() const noexcept { return recorder_.all_losses(); }

  /// The flows that were cut since the last call; more than a bounded number are left out.
  [[nodiscard]] bool has_cuts() const noexcept { return !cuts_.empty(); }
  [[nodiscard]] std::vector<FlowCut> take_cuts() { return std::exchange(cuts_, {}); }
  /// When the last packet passed, in either direction; the beginning of time: none did.
  [[nodiscard]] TimePoint last_passed() const noexcept { return last_passed_; }

  [[nodiscard]] bool has_ended() const noexcept { return state_ == State::Ended; }
  [[nodiscard]] bool is_online() const noexcept { return state_ == State::Online; }
  /// It has its tunnel, but an older session still carries.
  [[nodiscard]] bool is_verifying() const noexcept { return state_ == State::Verifying; }
  [[nodiscard]] const SessionGrant& grant() const noexcept { return grant_; }
  [[nodiscard]] const Traffic& traffic() const noexcept { return traffic_; }
  [[nodiscard]] const ChangesTold& changes_told() const noexcept { return changes_told_; }
  [[nodiscard]] const PacketFilter& filter() const noexcept { return filter_; }
  [[nodiscard]] const std::shared_ptr<const Policy>& policy() const noexcept { return policy_; }
  /// Whether flow.rule is a rule of policy(): it was judged by that policy.
  [[nodiscard]] bool knows_rule_of(const Flow& flow) const noexcept { return flow.generation >= policy_since_; }

 private:
  enum class State { AwaitingUpgrade, Verifying, Online, Ended };

  [[nodiscard]] bool has_upgraded() const noexcept { return state_ == State::Online || state_ == State::Verifying; }
  void take_upgrade(Now now, ByteBuffer& out);
  void accept(const UpgradeRequest& request, Now now, ByteBuffer& out);
  std::optional<SuperPacket> take_capsule(const Capsule& capsule, Now now, ByteBuffer& out);
  std::optional<SuperPacket> take_datagram(Bytes payload, Now now, ByteBuffer& out);
  std::optional<SuperPacket> take_packet(const SuperPacket& packet, Now now, ByteBuffer& out);
  void send_judged(const SuperPacket& packet, const Judgement& judgement, Now now, ByteBuffer& out);
  [[nodiscard]] std::uint64_t admission() const noexcept;
  void pass(const SuperPacket& packet, const PacketTally& tally, Now now, ByteBuffer& out);
  void take_address_request(Bytes payload, Now now, ByteBuffer& out);
  void answer_address_requests(ByteBuffer& out);
  void take_probe(Bytes payload, ByteBuffer& out);
  void keep_life(Now now, ByteBuffer& out);
  void tell_move(MoveReason reason, Now now, ByteBuffer& out);
  void take_attestation(Bytes payload, Now now, ByteBuffer& out);
  void lose_key(Now now, ByteBuffer& out);
  void take_posture_request(Bytes payload, Now now, ByteBuffer& out);
  void take_proof_request(Bytes payload, Now now, ByteBuffer& out);
  void take_authorities(Bytes payload, Now now, ByteBuffer& out);
  void tell_authorities(ByteBuffer& out);
  void offer_proof(ProofAttempt attempt, WallTime asked, Now now, ByteBuffer& out);
  void tell_proof(const ProofOutcome& outcome, WallTime asked, ByteBuffer& out);
  void advertise_proof(Now now, ByteBuffer& out);
  /// Tells the client how it stands and the owner what changed.
  void note_posture(Now now, ByteBuffer& out);
  void note_verdicts(Now now);
  void answer_why(Bytes payload, Now now, ByteBuffer& out);
  void refuse_packet(const SuperPacket& packet, const Judgement& judgement, Now now, ByteBuffer& out);
  void report_denial(const Destination& destination, DropReason drop, const Decision& decision, Now now,
                     ByteBuffer& out);
  [[nodiscard]] bool is_outdated() const noexcept { return rights_ == nullptr && state_ != State::Ended; }
  void note_turn(const Judgement& judgement, Now now);
  void note_opened(const Judgement& judgement, Now now);
  void note_ended(const Flow& flow, FlowEnd end, const Decision& decision, Now now);
  [[nodiscard]] DecisionEvent event_of(DecisionKind kind, const Destination& destination, const Decision& decision,
                                       Now now);
  [[nodiscard]] std::string tell_denied(const Destination& destination, DropReason drop, const Decision& decision,
                                        Now now);
  [[nodiscard]] const std::shared_ptr<const Evidence>& evidence_now();
  void note_change(CutCause cause, TimePoint asked, TimePoint effect) noexcept;
  void note_cut(const Flow& flow, const Decision& decision, Now now);
  [[nodiscard]] std::optional<CutCause> lapse_of(const Flow& flow, const Decision& decision, Now now) const;
  void drop_rights();
  /// Follows evidence that is newer than the rights.
  void renew_rights(Now now);
  void use_rights(std::shared_ptr<const Rights> rights, Now now);
  void follow_clock(Now now);
  /// Of certificate and revocation list, as grant_ has them, by the wall clock.
  void date_evidence();
  /// Makes rights that answer for `now`.
  void keep_rights(Now now);
  void advertise_routes(Now now, ByteBuffer& out);

  SessionGrant grant_;
  Evidence evidence_;
  std::optional<Attestation> attestation_;
  std::shared_ptr<const Policy> policy_;
  std::optional<Problem> refusal_;
  State state_ = State::AwaitingUpgrade;
  bool is_held_ = false;
  bool is_verified_ = false;  ///< of a held session
  bool is_handed_over_ = false;
  TimePoint upgrade_deadline_;  ///< of all that comes before packets
  SessionLife life_;
  UpgradeRequestParser upgrade_;
  CapsuleReader capsules_;
  Bytes input_;  ///< what take_upgrade() has not used yet
  Extensions extensions_;
  Now clock_;                             ///< both clocks at the start, or when the wall clock was last set
  std::chrono::seconds behind_;           ///< how far the wall clock is behind the latest time that was seen
  std::shared_ptr<const Rights> spare_;   ///< of before: keeps what is compiled until new ones have it
  std::shared_ptr<const Rights> rights_;  ///< null: none of this policy and this evidence were made yet
  PacketFilter filter_;
  Traffic traffic_;
  ChangesTold changes_told_;
  std::vector<RequestedAddress> requests_;    ///< not answered yet
  std::optional<WallTime> offered_;           ///< when the code that is being judged was asked for
  std::optional<ProofWaiting> told_waiting_;  ///< what the client was told to be waiting for a proof
  Routes advertised_;                         ///< what the client was told last; null: nothing yet
  WallTime routes_valid_until_ = kNever;
  std::uint64_t denials_ = 0;                     ///< told
  std::uint64_t policy_since_ = 0;                ///< the generation of filter_ from which on policy_ judges
  std::shared_ptr<const Evidence> evidence_now_;  ///< a copy of evidence_ to share; null: none was needed yet
  DecisionRecorder recorder_;
  std::map<std::string, PostureState, std::less<>> posture_;  ///< of each check in reach, as the owner was told last
  std::optional<PostureStanding> told_standing_;
  std::shared_ptr<const AuthorityAnnouncement> announcement_;
  std::optional<AuthorityAnnouncement> told_authorities_;
  std::vector<Event> events_;
  /// What last made every flow be judged again, other than time.
  struct Change {
    CutOrigin origin;
    TimePoint effect;
    std::uint64_t generation;  ///< of filter_, from this change on
  };
  std::optional<Change> change_;
  std::vector<FlowCut> cuts_;
  TimePoint last_passed_{};
};

}  // namespace sallyport
