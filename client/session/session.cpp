#include "client/session/session.hpp"

#include "client/session/inside_packet.hpp"
#include "common/wire/address_assign.hpp"
#include "common/wire/address_request.hpp"
#include "common/wire/datagram.hpp"
#include "common/wire/packet_datagrams.hpp"
#include "common/wire/posture_request.hpp"
#include "common/wire/probe.hpp"
#include "common/wire/super_datagram.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport {
namespace {

constexpr std::size_t kMaxQuestions = 16;
/// One per family is usual.
constexpr std::size_t kMaxAddresses = 8;
constexpr std::uint64_t kRequestV4 = 1;
constexpr std::uint64_t kRequestV6 = 2;

std::array<RequestedAddress, 2> any_addresses() {
  constexpr std::array<std::byte, 16> kUnspecified{};
  return {RequestedAddress{kRequestV4, IpPrefix::host(IpAddress{})},
          RequestedAddress{kRequestV6, IpPrefix::host(IpAddress::from_octets(kUnspecified))}};
}

bool answers_us(const AssignedAddress& entry) {
  return entry.request_id == kRequestV4 || entry.request_id == kRequestV6;
}

/// A laptop takes single addresses: a wider assignment would make foreign addresses its own.
bool is_usable(const IpPrefix& prefix) {
  return prefix.length() == prefix.network().bit_width() && !is_unroutable(prefix.network());
}

std::vector<IpPrefix> granted(const std::vector<AssignedAddress>& entries) {
  std::vector<IpPrefix> addresses;
  for (const auto& entry : entries) {
    if (!entry.is_declined()) addresses.push_back(entry.prefix);
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

}  // namespace

ClientSession::ClientSession(ClientSessionOptions options, Now now)
    : options_{std::move(options)}, deadline_{now.steady + options_.deadline} {}

void ClientSession::start(ByteBuffer& out) {
  if (state_ != State::Idle) return;
  if (!is_authority(options_.authority)) return close(CloseReason::BadAuthority, {});
  append_upgrade_request(out, options_.authority, options_.extensions);
  state_ = State::AwaitingAnswer;
}

void ClientSession::receive(Bytes plaintext) {
  if (state_ == State::AwaitingAnswer) input_ = plaintext;
  if (state_ == State::AwaitingAddress || state_ == State::Online) capsules_.feed(plaintext);
}

Result<std::optional<SuperPacket>, CloseReason> ClientSession::next_packet(ByteBuffer& out) {
  if (state_ == State::AwaitingAnswer) take_answer(out);
  while (state_ == State::AwaitingAddress || state_ == State::Online) {
    const auto capsule = capsules_.next();
    if (!capsule) {
      close(CloseReason::BadCapsule, describe(capsule.error()));
      break;
    }
    if (!*capsule) return std::nullopt;
    if ((*capsule)->type != CapsuleType::Datagram)
      take_control(**capsule, out);
    else if (const auto packet = take_datagram((*capsule)->payload))
      return packet;
  }
  if (state_ == State::Closed) return fail(reason_);
  return std::nullopt;
}

void ClientSession::end_of_input() {
  if (state_ == State::AwaitingAnswer) {
    const auto answer = answer_.finish();
    ByteBuffer unsent;
    if (answer)
      settle_answer(*answer, unsent);
    else
      close(CloseReason::BadAnswer, describe(answer.error()));
    return;
  }
  if (capsules_.at_boundary())
    close(CloseReason::ClosedByGateway, {});
  else
    close(CloseReason::BadCapsule, describe(CapsuleError::CutShort));
}

Result<void, PacketDrop> ClientSession::send_packet(const SuperPacket& packet, ByteBuffer& out) {
  const auto admitted = guard_.admit(packet);
  if (!admitted) return fail(admitted.error());
  if (!append_packet(out, *admitted, extensions_.gso)) return fail(guard_.drop_outbound(PacketDrop::BadSuperPacket));
  guard_.note_sent(*admitted);
  return {};
}

bool ClientSession::ask_why(std::string_view to, std::uint64_t id, ByteBuffer& out) {
  if (state_ != State::Online || !extensions_.why || questions_.size() == kMaxQuestions || id > kMaxWhyId) return false;
  questions_.push_back(id);
  append_why_request(out, WhyRequest{id, std::string{to}});
  return true;
}

bool ClientSession::ask_for_challenge(ByteBuffer& out) {
  if (state_ != State::Online || !extensions_.attest || !extensions_.proof) return false;
  append_proof_request(out);
  return true;
}

bool ClientSession::tell_posture_changed(ByteBuffer& out) {
  if (state_ != State::Online || !extensions_.attest) return false;
  append_posture_request(out);
  return true;
}

bool ClientSession::probe(ByteBuffer& out) {
  if (state_ != State::Online || !extensions_.probe) return false;
  append_probe(out, Probe{Probe::kFromClient | ++probes_});
  return true;
}

void ClientSession::attest(const AttestAnswer& answer, ByteBuffer& out) {
  if (extensions_.attest && (state_ == State::AwaitingAddress || state_ == State::Online)) {
    append_attest_answer(out, answer);
  }
}

void ClientSession::report_authorities(const AuthorityReport& report, ByteBuffer& out) {
  if (extensions_.authorities && (state_ == State::AwaitingAddress || state_ == State::Online)) {
    append_authority_report(out, report);
  }
}

std::optional<TimePoint> ClientSession::next_timeout() const noexcept {
  if (state_ == State::Online || state_ == State::Closed) return std::nullopt;
  return deadline_;
}

void ClientSession::handle_timeout(Now now) {
  const auto due = next_timeout();
  if (due && now.steady >= *due) close(CloseReason::TimedOut, {});
}

void ClientSession::close(CloseReason reason, std::string_view detail) {
  if (state_ == State::Closed) return;
  state_ = State::Closed;
  guard_.shut();
  reason_ = reason;
  input_ = {};
  std::string words{describe(reason)};
  if (!detail.empty()) words.append(" (").append(detail).append(")");
  events_.add(Closed{reason, std::move(words)});
}

void ClientSession::take_answer(ByteBuffer& out) {
  const auto answer = answer_.feed(std::exchange(input_, Bytes{}));
  if (!answer) return close(CloseReason::BadAnswer, describe(answer.error()));
  if (*answer) settle_answer(**answer, out);
}

void ClientSession::settle_answer(const UpgradeResponse& answer, ByteBuffer& out) {
  if (!answer.is_accepted()) {
    events_.add(Refused{answer.status, answer.problem});
    return close(CloseReason::Refused, answer.problem ? answer.problem->detail : std::string{});
  }
  extensions_ = options_.extensions & answer.extensions;
  state_ = State::AwaitingAddress;
  // RFC 9484 section 4.7.1: who needs an address must ask for one.
  append_address_request(out, any_addresses());
  capsules_.feed(answer_.rest());
}

void ClientSession::take_control(const Capsule& capsule, ByteBuffer& out) {
  switch (capsule.type) {
    case CapsuleType::AddressAssign:
      return take_addresses(capsule.payload);
    case CapsuleType::RouteAdvertisement:
      return take_routes(capsule.payload);
    case CapsuleType::AddressRequest:
      // We assign nothing to a gateway; the request must be well-formed all the same.
      if (const auto request = parse_address_request(capsule.payload); !request) {
        close(CloseReason::BadCapsule, describe(request.error()));
      }
      return;
    case CapsuleType::Notice:
      if (extensions_.notice) take_notice(capsule.payload);
      return;
    case CapsuleType::Why:
      if (extensions_.why) take_why(capsule.payload);
      return;
    case CapsuleType::Attest:
      if (extensions_.attest) take_challenge(capsule.payload);
      return;
    case CapsuleType::Proof:
      if (extensions_.proof) take_proof(capsule.payload);
      return;
    case CapsuleType::Posture:
      if (extensions_.attest) take_standing(capsule.payload);
      return;
    case CapsuleType::Authorities:
      if (extensions_.authorities) take_authorities(capsule.payload);
      return;
    case CapsuleType::Probe:
      if (extensions_.probe) answer_probe(capsule.payload, out);
      return;
    case CapsuleType::Datagram:
      return;
  }
}

void ClientSession::take_addresses(Bytes value) {
  const auto entries = parse_address_assign(value);
  if (!entries) return close(CloseReason::BadCapsule, describe(entries.error()));
  auto addresses = granted(*entries);
  if (!addresses.empty()) return adopt(std::move(addresses));
  if (state_ == State::Online) return close(CloseReason::AddressesWithdrawn, {});
  if (std::any_of(entries->begin(), entries->end(), answers_us)) close(CloseReason::NoAddress, {});
}

void ClientSession::adopt(std::vector<IpPrefix> addresses) {
  const bool usable = std::all_of(addresses.begin(), addresses.end(), is_usable);
  if (!usable || addresses.size() > kMaxAddresses) return close(CloseReason::UnusableAddress, {});
  if (addresses == guard_.addresses()) return;
  guard_.open(std::move(addresses));
  state_ = State::Online;
  events_.drop<Online>();
  events_.add(Online{guard_.addresses()});
}

void ClientSession::take_routes(Bytes value) {
  auto routes = parse_route_advertisement(value);
  if (!routes) return close(CloseReason::BadCapsule, describe(routes.error()));
  if (routes_ == *routes) return;
  routes_ = std::move(*routes);
  events_.drop<RoutesChanged>();
  events_.add(RoutesChanged{*routes_});
}

void ClientSession::take_notice(Bytes value) {
  auto notice = parse_notice(value);
  if (!notice) return close(CloseReason::BadCapsule, describe(notice.error()));
  if (auto* denied = std::get_if<DeniedNotice>(&*notice)) events_.offer(std::move(*denied));
  if (auto* ending = std::get_if<EndingNotice>(&*notice)) events_.offer(std::move(*ending));
  if (auto* move = std::get_if<MoveNotice>(&*notice)) events_.offer(std::move(*move));
}

void ClientSession::answer_probe(Bytes value, ByteBuffer& out) {
  const auto probe = parse_probe(value);
  if (!probe) return close(CloseReason::BadCapsule, describe(probe.error()));
  if (!probe->is_clients()) append_probe(out, *probe);
}

void ClientSession::take_why(Bytes value) {
  auto answer = parse_why_answer(value);
  if (!answer) return close(CloseReason::BadCapsule, describe(answer.error()));
  const auto question = std::find(questions_.begin(), questions_.end(), answer->id);
  if (question == questions_.end()) return;
  questions_.erase(question);
  events_.offer(std::move(*answer));
}

void ClientSession::take_standing(Bytes value) {
  auto standing = parse_posture_standing(value);
  if (!standing) return close(CloseReason::BadCapsule, describe(standing.error()));
  events_.drop<PostureStanding>();
  events_.add(std::move(*standing));
}

void ClientSession::take_authorities(Bytes value) {
  auto announcement = parse_authority_announcement(value);
  if (!announcement) return close(CloseReason::BadCapsule, describe(announcement.error()));
  events_.offer(std::move(*announcement));
}

void ClientSession::take_challenge(Bytes value) {
  const auto challenge = parse_attest_challenge(value);
  if (!challenge) return close(CloseReason::BadCapsule, describe(challenge.error()));
  events_.drop<AttestChallenge>();
  events_.offer(*challenge);
}

void ClientSession::take_proof(Bytes value) {
  auto message = parse_proof_message(value);
  if (!message) return close(CloseReason::BadCapsule, describe(message.error()));
  if (auto* verdict = std::get_if<ProofVerdict>(&*message)) events_.offer(std::move(*verdict));
  auto* waiting = std::get_if<ProofWaiting>(&*message);
  if (waiting == nullptr) return;
  events_.drop<ProofWaiting>();
  events_.offer(std::move(*waiting));
}

std::optional<SuperPacket> ClientSession::take_datagram(Bytes value) {
  const auto datagram = parse_datagram(value);
  if (!datagram) {
    close(CloseReason::BadCapsule, describe(datagram.error()));
    return std::nullopt;
  }
  if (datagram->context == kPacketContext) return guard_.take(datagram->payload);
  if (datagram->context != kSuperContext || !extensions_.gso) {
    ++unknown_contexts_;
    return std::nullopt;
  }
  const auto super = parse_super_packet(datagram->payload);
  return super ? guard_.take(*super) : guard_.drop_inbound(PacketDrop::BadSuperPacket);
}

}  // namespace sallyport
