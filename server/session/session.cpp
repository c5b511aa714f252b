#include "server/session/session.hpp"

#include "common/wire/address_assign.hpp"
#include "common/wire/address_request.hpp"
#include "common/wire/datagram.hpp"
#include "common/wire/notice.hpp"
#include "common/wire/route_advertisement.hpp"
#include "common/wire/super_datagram.hpp"
#include "common/wire/why.hpp"
#include "server/flow/refusal_packet.hpp"
#include "server/policy/employee_reason.hpp"
#include "server/policy/posture_needs.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport {
namespace {

/// RFC 9484 gives no figure: longer than any honest client needs after its handshake.
constexpr auto kUpgradeTime = std::chrono::seconds{10};
/// Wall time may jump, so wall-clock deadlines are looked at again this often.
constexpr auto kWallRecheck = std::chrono::seconds{30};
/// The last second before one of them, which is read in whole ones, is waited out in steps.
constexpr auto kWallStep = std::chrono::milliseconds{100};
/// Flows that fell silent are looked for, and losses told, this often.
constexpr auto kBooksRecheck = std::chrono::seconds{1};
/// A session without a packet for so long may have no flow left.
constexpr auto kFlowsRecheck = std::chrono::minutes{2};
/// A device has one address of each family: nobody honest asks for more than a handful.
constexpr std::size_t kMaxAddressRequests = 16;

std::vector<AssignedAddress> assignments(const InsideAddresses& addresses) {
  std::vector<AssignedAddress> list;
  if (addresses.v4) list.push_back({.request_id = 0, .prefix = IpPrefix::host(*addresses.v4)});
  if (addresses.v6) list.push_back({.request_id = 0, .prefix = IpPrefix::host(*addresses.v6)});
  return list;
}

IpAddress unspecified_like(const IpPrefix& prefix) {
  constexpr std::array<std::byte, 16> kZeros{};
  return IpAddress::from_octets(Bytes{kZeros}.first(prefix.network().octets().size()));
}

}  // namespace

Session::Session(SessionGrant grant, std::shared_ptr<const Policy> policy, Now now)
    : grant_{std::move(grant)},
      evidence_{evidence_of(grant_)},
      policy_{grant_.own_policy ? grant_.own_policy : std::move(policy)},
      upgrade_deadline_{now.steady + kUpgradeTime},
      life_{static_cast<std::uint64_t>(grant_.id), now.steady},
      clock_{now},
      behind_{grant_.clock_behind},
      filter_{grant_.addresses, nullptr, FlowLimits{}},
      recorder_{grant_.budgets} {
  // Another thread may have read a later second.
  if (evidence_.key_proved) evidence_.key_proved = std::min(*evidence_.key_proved, now.wall);
  keep_rights(now);
}

Session::Session(SessionGrant grant, Problem refusal, Now now) : Session{std::move(grant), Policy::deny_all(), now} {
  refusal_ = std::move(refusal);
}

void Session::receive(Bytes plaintext) {
  if (state_ == State::AwaitingUpgrade)
    input_ = plaintext;
  else if (has_upgraded() || is_handed_over_)
    capsules_.feed(plaintext);
}

std::optional<SuperPacket> Session::next_packet(Now now, ByteBuffer& out) {
  life_.note_heard(now.steady);
  if (state_ == State::AwaitingUpgrade) take_upgrade(now, out);
  while (has_upgraded()) {
    const auto capsule = capsules_.next();
    if (!capsule) {
      end(EndReason::ProtocolViolation, out);
      return std::nullopt;
    }
    if (!*capsule) return std::nullopt;
    if (const auto packet = take_capsule(**capsule, now, out)) return packet;
  }
  return std::nullopt;
}

void Session::end_of_input(ByteBuffer& out) {
  const bool cut_short = has_upgraded() && !capsules_.at_boundary();
  end(cut_short ? EndReason::ProtocolViolation : EndReason::ClosedByClient, out);
}

void Session::replace_policy(std::shared_ptr<const Policy> policy) {
  if (refusal_ || state_ == State::Ended || grant_.own_policy) return;
  policy_ = std::move(policy);
  drop_rights();
  policy_since_ = filter_.generation();
  recorder_.forget();
}

void Session::note_revocation(std::optional<WallTime> as_of) {
  // A list that is not known is less than any; of two that are the newer counts.
  if (as_of && grant_.revocation_as_of && *as_of <= *grant_.revocation_as_of) return;
  if (!as_of && !grant_.revocation_as_of) return;
  grant_.revocation_as_of = as_of;
  date_evidence();
  drop_rights();
}

void Session::refresh(Now now, ByteBuffer& out) {
  if (state_ == State::Ended) return;
  keep_rights(now);
  if (state_ != State::Online) return;
  advertise_routes(now, out);
  advertise_proof(now, out);
  if (told_standing_) note_posture(now, out);
}

FlowImpact Session::impact_of(const Policy& candidate, Now now) const {
  if (grant_.own_policy) return {};
  // Rights that were dropped a moment ago and not made anew yet are no rights that let nothing pass.
  const bool at_hand = rights_ && rights_->covers(now.wall);
  const auto present = at_hand ? rights_ : policy_->rights_for(evidence_, now.wall);
  return filter_.impact_of(*present, *candidate.rights_for(evidence_, now.wall), now);
}

void Session::end(EndReason reason, ByteBuffer& out, std::chrono::seconds return_within) {
  if (state_ == State::Ended) return;
  if (has_upgraded() && extensions_.notice) {
    append_notice(out, EndingNotice{.reason = std::string{name_of(reason)},
                                    .words = std::string{words_for(reason)},
                                    .return_within = return_within});
  }
  state_ = State::Ended;
  input_ = {};
  events_.push_back(Ended{reason});
}

void Session::handle_timeout(Now now, ByteBuffer& out) {
  follow_clock(now);
  if (filter_.has_accounted()) filter_.sweep(now);
  if (now.steady - last_passed_ >= kFlowsRecheck) filter_.release_idle_memory(now.steady);
  if (state_ == State::AwaitingUpgrade && now.steady >= upgrade_deadline_) end(EndReason::UpgradeTimeout, out);
  if (state_ == State::Verifying && now.steady >= upgrade_deadline_) end(EndReason::NotVerified, out);
  if (state_ == State::Online) keep_life(now, out);
  if (now.wall >= evidence_.certificate_expires) end(EndReason::CertificateExpired, out);
  if (state_ == State::Online && (now.wall >= routes_valid_until_ || is_outdated())) refresh(now, out);
}

TimePoint Session::next_timeout(Now now) const {
  TimePoint next = now.steady + kWallRecheck;
  if (state_ == State::AwaitingUpgrade || state_ == State::Verifying) next = std::min(next, upgrade_deadline_);
  if (state_ == State::Online) {
    next = std::min(next, std::max(life_.next_due(extensions_.notice, extensions_.probe), now.steady));
  }
  if (state_ == State::Online && is_outdated()) return now.steady;
  if (has_upgraded() && attestation_) next = std::min(next, std::max(attestation_->due(), now.steady));
  if (filter_.has_accounted() || recorder_.has_losses(TimePoint::max()))
    next = std::min(next, now.steady + kBooksRecheck);
  // Who is not online was told of no routes.
  const WallTime routes_due = state_ == State::Online ? routes_valid_until_ : kNever;
  const WallTime due = std::min(evidence_.certificate_expires, routes_due);
  if (due < now.wall + kWallRecheck)
    next = std::min(next, now.steady + std::max<Duration>(due - now.wall - std::chrono::seconds{1}, kWallStep));
  return next;
}

std::optional<Session::Event> Session::poll_event() {
  if (events_.empty()) return std::nullopt;
  Event event = std::move(events_.front());
  events_.erase(events_.begin());
  if (events_.empty()) events_ = std::vector<Event>{};
  return event;
}

void Session::take_upgrade(Now now, ByteBuffer& out) {
  const auto request = upgrade_.feed(std::exchange(input_, Bytes{}));
  if (!request) {
    append_refusal(out, problem_for(request.error()));
    end(EndReason::ProtocolViolation, out);
    return;
  }
  if (!*request) return;
  if (refusal_) {
    append_refusal(out, *refusal_);
    end(EndReason::AdmissionRefused, out);
    return;
  }
  accept(**request, now, out);
}

void Session::accept(const UpgradeRequest& request, Now now, ByteBuffer& out) {
  state_ = State::Verifying;
  extensions_ = request.extensions & Extensions::all();
  extensions_.attest &= grant_.binding != nullptr;
  extensions_.proof &= extensions_.attest;
  if (extensions_.attest) attestation_.emplace(grant_.binding, static_cast<std::uint64_t>(grant_.id));
  append_upgrade_accepted(out, extensions_);
  // Who cannot be asked has been verified by now.
  is_verified_ = !extensions_.attest;
  if (!is_held_) go_online(now, out);
}

void Session::go_online(Now now, ByteBuffer& out) {
  state_ = State::Online;
  append_address_assign(out, assignments(grant_.addresses));
  if (!requests_.empty()) answer_address_requests(out);
  refresh(now, out);
  tell_authorities(out);
  events_.push_back(Started{});
}

std::optional<SuperPacket> Session::take_capsule(const Capsule& capsule, Now now, ByteBuffer& out) {
  switch (capsule.type) {
    case CapsuleType::Datagram:
      return take_datagram(capsule.payload, now, out);
    case CapsuleType::AddressRequest:
      take_address_request(capsule.payload, now, out);
      break;
    case CapsuleType::AddressAssign:
      if (recorder_.may_read(now.steady) && !parse_address_assign(capsule.payload))
        end(EndReason::ProtocolViolation, out);
      break;
    case CapsuleType::RouteAdvertisement:
      if (recorder_.may_read(now.steady) && !parse_route_advertisement(capsule.payload))
        end(EndReason::ProtocolViolation, out);
      break;
    case CapsuleType::Why:
      answer_why(capsule.payload, now, out);
      break;
    case CapsuleType::Attest:
      take_attestation(capsule.payload, now, out);
      break;
    case CapsuleType::Posture:
      take_posture_request(capsule.payload, now, out);
      break;
    case CapsuleType::Proof:
      take_proof_request(capsule.payload, now, out);
      break;
    case CapsuleType::Authorities:
      take_authorities(capsule.payload, now, out);
      break;
    case CapsuleType::Probe:
      take_probe(capsule.payload, out);
      break;
    default:
      break;
  }
  return std::nullopt;
}

std::optional<SuperPacket> Session::take_datagram(Bytes payload, Now now, ByteBuffer& out) {
  const auto datagram = parse_datagram(payload);
  if (!datagram) {
    end(EndReason::ProtocolViolation, out);
    return std::nullopt;
  }
  if (state_ != State::Online) return std::nullopt;
  if (datagram->context == kPacketContext) return take_packet(datagram->payload, now, out);
  if (datagram->context != kSuperContext || !extensions_.gso) return std::nullopt;
  const auto super = parse_super_packet(datagram->payload);
  if (super) return take_packet(*super, now, out);
  filter_.note_bad_super_packet();
  return std::nullopt;
}

std::optional<SuperPacket> Session::take_packet(const SuperPacket& packet, Now now, ByteBuffer& out) {
  keep_rights(now);
  const Judgement judgement = filter_.judge_from_client(packet, now);
  if (judgement.turn != FlowTurn::None) note_turn(judgement, now);
  if (judgement.action == Action::Pass) {
    life_.note_packet(now.steady);
    last_passed_ = now.steady;
    traffic_.packets_in += judgement.tally.packets;
    traffic_.bytes_in += judgement.tally.octets;
    return SuperPacket{judgement.packet, packet.segmentation};
  }
  if (judgement.action == Action::Refuse) refuse_packet(packet, judgement, now, out);
  return std::nullopt;
}

/// Each is answered (RFC 9484 section 4.7.2), so one more than may be read ends the session.
void Session::take_address_request(Bytes payload, Now now, ByteBuffer& out) {
  if (!recorder_.may_read(now.steady)) return end(EndReason::ProtocolViolation, out);
  const auto requests = parse_address_request(payload);
  if (!requests || requests_.size() + requests->size() > kMaxAddressRequests) {
    end(EndReason::ProtocolViolation, out);
    return;
  }
  requests_.insert(requests_.end(), requests->begin(), requests->end());
  if (state_ == State::Online) answer_address_requests(out);
}

void Session::answer_address_requests(ByteBuffer& out) {
  // RFC 9484 4.7.2: every request is answered; what is not granted, or was asked twice, with the unspecified address.
  std::vector<AssignedAddress> answer = assignments(grant_.addresses);
  for (const auto& request : std::exchange(requests_, {})) {
    const auto ours = std::find_if(answer.begin(), answer.end(), [&](const AssignedAddress& each) {
      return each.request_id == 0 && each.prefix.network().version() == request.prefix.network().version();
    });
    if (ours != answer.end())
      ours->request_id = request.request_id;
    else
      answer.push_back({.request_id = request.request_id, .prefix = IpPrefix::host(unspecified_like(request.prefix))});
  }
  append_address_assign(out, answer);
}

void Session::answer_why(Bytes payload, Now now, ByteBuffer& out) {
  if (!extensions_.why || state_ != State::Online || !recorder_.may_read(now.steady)) return;
  const auto question = parse_why_request(payload);
  if (!question) {
    end(EndReason::ProtocolViolation, out);
    return;
  }
  const auto destination = Destination::parse(question->to);
  WhyAnswer answer{.id = question->id,
                   .verdict = "deny",
                   .reason = "bad_destination",
                   .words = "write the destination as ADDRESS:PORT/tcp",
                   .code = {}};
  if (destination) {
    keep_rights(now);
    const Decision decision = rights_->judge(*destination, now.wall);
    const auto reason = employee_reason(*policy_, *rights_, evidence_, *destination, decision, now.wall);
    answer.reason = std::string{reason.reason_class};
    answer.words = std::string{reason.words};
    if (decision.verdict == Verdict::Allow)
      answer.verdict = "allow";
    else if (recorder_.may_tell(Telling::Question, now.steady))
      answer.code = tell_denied(*destination, DropReason::Forbidden, decision, now);
  }
  append_why_answer(out, answer);
}

void Session::refuse_packet(const SuperPacket& packet, const Judgement& judgement, Now now, ByteBuffer& out) {
  std::array<std::byte, kMaxRefusalSize> buffer{};
  const std::size_t size = write_refusal(packet, judgement, buffer);
  if (size != 0) append_datagram(out, Bytes{buffer}.first(size));
  report_denial(judgement.destination, judgement.reason, judgement.decision, now, out);
}

void Session::report_denial(const Destination& destination, DropReason drop, const Decision& decision, Now now,
                            ByteBuffer& out) {
  if (!recorder_.may_tell(Telling::Denial, now.steady)) return;
  const std::string code = tell_denied(destination, drop, decision, now);
  if (extensions_.notice) {
    const auto reason = employee_reason(*policy_, *rights_, evidence_, destination, decision, now.wall);
    append_notice(out, DeniedNotice{.to = to_string(destination),
                                    .reason = std::string{reason.reason_class},
                                    .words = std::string{reason.words},
                                    .code = code});
  }
}

void Session::drop_rights() {
  if (rights_) spare_ = std::exchange(rights_, nullptr);
  evidence_now_ = nullptr;
  filter_.replace_rights(nullptr);
}

/// One or two comparisons while nothing has changed.
void Session::keep_rights(Now now) {
  follow_clock(now);
  if (rights_ && rights_->covers(now.wall)) return;
  use_rights(policy_->rights_for(evidence_, now.wall), now);
}

/// Every live flow is judged again on its next packet, unless the new evidence says just what the old one said.
void Session::renew_rights(Now now) { use_rights(policy_->rights_for(evidence_, now.wall), now); }

void Session::use_rights(std::shared_ptr<const Rights> rights, Now now) {
  const bool same = rights_ && rights_->says_the_same(*rights);
  rights_ = std::move(rights);
  spare_ = nullptr;
  evidence_now_ = nullptr;
  if (same) {
    filter_.extend_rights(rights_);
  } else {
    recorder_.forget();
    filter_.replace_rights(rights_);
  }
  // What the client was told is looked at again, unless it cannot have changed.
  const bool told = same && now.wall < routes_valid_until_;
  routes_valid_until_ = told ? rights_->valid_until(now.wall) : WallTime{};
  if (!attestation_) return;
  attestation_->keep_beat(policy_->smallest_age(*rights_), now.steady);
  attestation_->note_wants(posture_wants(*policy_, *rights_), now.steady);
}

/// Evidence ages by the steady clock, which at a gateway goes on while the machine is suspended: a wall clock that is
/// set moves its dates along, so that setting it neither revives nor ends anything. Dates that others wrote, in
/// certificate and revocation list, count by the latest time that was seen: set forward, the clock ends what they
/// grant, and set back it revives nothing.
void Session::follow_clock(Now now) {
  constexpr auto kTolerance = std::chrono::seconds{2};  // whole seconds on one side, fractions on the other
  const auto jump = now.wall - clock_.wall - std::chrono::floor<std::chrono::seconds>(now.steady - clock_.steady);
  if (jump <= kTolerance && jump >= -kTolerance) return;
  clock_ = now;
  if (evidence_.key_proved) *evidence_.key_proved += jump;
  if (evidence_.user_proved) *evidence_.user_proved += jump;
  if (offered_) *offered_ += jump;
  if (evidence_.posture.report) evidence_.posture.reported += jump;
  behind_ = std::max(behind_ - jump, std::chrono::seconds{0});
  date_evidence();
  drop_rights();
}

void Session::date_evidence() {
  evidence_.certificate_expires = grant_.certificate_expires - behind_;
  evidence_.revocation_as_of = earlier_by(behind_, grant_.revocation_as_of);
}

void Session::advertise_routes(Now now, ByteBuffer& out) {
  Routes routes = rights_->routes(now.wall);
  routes_valid_until_ = rights_->valid_until(now.wall);
  const bool same = advertised_ && (advertised_ == routes || *advertised_ == *routes);
  advertised_ = std::move(routes);
  if (same) return;
  const std::size_t told = append_route_advertisement(out, *advertised_);
  if (told < advertised_->size()) events_.push_back(RoutesCut{advertised_->size() - told});
}

}  // namespace sallyport
