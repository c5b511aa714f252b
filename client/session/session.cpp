#include "client/session/session.hpp"

#include "client/session/inside_packet.hpp"
#include "common/ip/segments.hpp"
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

/// Enough for a burst; a gateway that talks faster than the owner listens loses notices, not memory of ours.
constexpr std::size_t kMaxEvents = 64;
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

/// A super-packet that a gateway may send.
bool is_sound(const SuperPacket& super) {
  const auto packet = PacketView::parse(super.bytes);
  return packet && !find_super_packet_fault(super, *packet);
}

/// Of a plain packet, or of a super-packet that was found sound or was cut.
PacketTally tally_at_inside(const SuperPacket& packet) {
  if (packet.is_plain()) return {1, packet.bytes.size()};
  const auto view = PacketView::parse(packet.bytes);
  const auto segments = view ? Segments::of(*view, packet.segmentation.size) : std::nullopt;
  return segments ? segments->tally() : PacketTally{1, packet.bytes.size()};
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

std::string_view describe(PacketDrop drop) noexcept {
  switch (drop) {
    case PacketDrop::NotOnline:
      return "the tunnel is not up";
    case PacketDrop::Malformed:
      return "not a whole IP packet";
    case PacketDrop::ForeignSource:
      return "the source is not our inside address";
    case PacketDrop::ForeignDestination:
      return "the destination is not our inside address";
    case PacketDrop::Unroutable:
      return "a loopback, link-local, multicast or unspecified address";
    case PacketDrop::BadSuperPacket:
      return "a super-packet that is not what it says, or that cannot be cut";
    case PacketDrop::ForeignQuote:
      return "an ICMP error about a packet that our inside address did not send";
  }
  return "unknown";
}

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
  const auto admitted = admit(packet);
  if (!admitted) return fail(admitted.error());
  if (!append_packet(out, *admitted, extensions_.gso)) return fail(drop_outbound(PacketDrop::BadSuperPacket));
  const PacketTally tally = tally_at_inside(*admitted);
  traffic_.packets_out += tally.packets;
  traffic_.bytes_out += tally.octets;
  return {};
}

Result<SuperPacket, PacketDrop> ClientSession::admit(const SuperPacket& packet) {
  if (state_ != State::Online) return fail(drop_outbound(PacketDrop::NotOnline));
  const auto inside = InsidePacket::parse(packet.bytes);
  if (!inside || inside->bytes.size() > kMaxPacket) return fail(drop_outbound(PacketDrop::Malformed));
  if (!owns(inside->source)) return fail(drop_outbound(PacketDrop::ForeignSource));
  if (is_unroutable(inside->destination)) return fail(drop_outbound(PacketDrop::Unroutable));
  return SuperPacket{inside->bytes, packet.segmentation};
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

std::optional<ClientEvent> ClientSession::poll_event() {
  if (events_.empty()) return std::nullopt;
  ClientEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
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
  reason_ = reason;
  input_ = {};
  std::string words{describe(reason)};
  if (!detail.empty()) words.append(" (").append(detail).append(")");
  events_.emplace_back(Closed{reason, std::move(words)});
}

void ClientSession::take_answer(ByteBuffer& out) {
  const auto answer = answer_.feed(std::exchange(input_, Bytes{}));
  if (!answer) return close(CloseReason::BadAnswer, describe(answer.error()));
  if (*answer) settle_answer(**answer, out);
}

void ClientSession::settle_answer(const UpgradeResponse& answer, ByteBuffer& out) {
  if (!answer.is_accepted()) {
    events_.emplace_back(Refused{answer.status, answer.problem});
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
  if (addresses == addresses_) return;
  addresses_ = std::move(addresses);
  state_ = State::Online;
  // Only the newest list counts: an older one still in the queue is replaced.
  std::erase_if(events_, [](const ClientEvent& event) { return std::holds_alternative<Online>(event); });
  events_.emplace_back(Online{addresses_});
}

void ClientSession::take_routes(Bytes value) {
  auto routes = parse_route_advertisement(value);
  if (!routes) return close(CloseReason::BadCapsule, describe(routes.error()));
  if (routes_ == *routes) return;
  routes_ = std::move(*routes);
  std::erase_if(events_, [](const ClientEvent& event) { return std::holds_alternative<RoutesChanged>(event); });
  events_.emplace_back(RoutesChanged{*routes_});
}

void ClientSession::take_notice(Bytes value) {
  auto notice = parse_notice(value);
  if (!notice) return close(CloseReason::BadCapsule, describe(notice.error()));
  if (auto* denied = std::get_if<DeniedNotice>(&*notice)) tell(std::move(*denied));
  if (auto* ending = std::get_if<EndingNotice>(&*notice)) tell(std::move(*ending));
  if (auto* move = std::get_if<MoveNotice>(&*notice)) tell(std::move(*move));
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
  tell(std::move(*answer));
}

void ClientSession::take_standing(Bytes value) {
  auto standing = parse_posture_standing(value);
  if (!standing) return close(CloseReason::BadCapsule, describe(standing.error()));
  // Only the newest counts.
  std::erase_if(events_, [](const ClientEvent& event) { return std::holds_alternative<PostureStanding>(event); });
  events_.emplace_back(std::move(*standing));
}

void ClientSession::take_authorities(Bytes value) {
  auto announcement = parse_authority_announcement(value);
  if (!announcement) return close(CloseReason::BadCapsule, describe(announcement.error()));
  tell(std::move(*announcement));
}

void ClientSession::take_challenge(Bytes value) {
  const auto challenge = parse_attest_challenge(value);
  if (!challenge) return close(CloseReason::BadCapsule, describe(challenge.error()));
  // Only the newest can be answered.
  std::erase_if(events_, [](const ClientEvent& event) { return std::holds_alternative<AttestChallenge>(event); });
  tell(*challenge);
}

void ClientSession::take_proof(Bytes value) {
  auto message = parse_proof_message(value);
  if (!message) return close(CloseReason::BadCapsule, describe(message.error()));
  if (auto* verdict = std::get_if<ProofVerdict>(&*message)) tell(std::move(*verdict));
  auto* waiting = std::get_if<ProofWaiting>(&*message);
  if (waiting == nullptr) return;
  // Only the newest list counts.
  std::erase_if(events_, [](const ClientEvent& event) { return std::holds_alternative<ProofWaiting>(event); });
  tell(std::move(*waiting));
}

void ClientSession::tell(ClientEvent event) {
  if (events_.size() < kMaxEvents)
    events_.push_back(std::move(event));
  else
    ++traffic_.lost_notices;
}

std::optional<SuperPacket> ClientSession::take_datagram(Bytes value) {
  const auto datagram = parse_datagram(value);
  if (!datagram) {
    close(CloseReason::BadCapsule, describe(datagram.error()));
    return std::nullopt;
  }
  if (datagram->context == kPacketContext) return take_packet(datagram->payload);
  if (datagram->context != kSuperContext || !extensions_.gso) {
    ++traffic_.unknown_contexts;
    return std::nullopt;
  }
  const auto super = parse_super_packet(datagram->payload);
  return super ? take_packet(*super) : drop_inbound(PacketDrop::BadSuperPacket);
}

std::optional<SuperPacket> ClientSession::take_packet(const SuperPacket& packet) {
  const auto inside = InsidePacket::parse(packet.bytes);
  const auto fault = inside ? fault_inbound(*inside) : PacketDrop::Malformed;
  if (fault) return drop_inbound(*fault);
  if (!packet.is_plain() && !is_sound(packet)) return drop_inbound(PacketDrop::BadSuperPacket);
  const SuperPacket whole{inside->bytes, packet.segmentation};
  const PacketTally tally = tally_at_inside(whole);
  traffic_.packets_in += tally.packets;
  traffic_.bytes_in += tally.octets;
  return whole;
}

PacketDrop ClientSession::drop_outbound(PacketDrop reason) noexcept {
  ++traffic_.dropped_out[static_cast<std::size_t>(reason)];
  return reason;
}

std::nullopt_t ClientSession::drop_inbound(PacketDrop reason) noexcept {
  ++traffic_.dropped_in[static_cast<std::size_t>(reason)];
  return std::nullopt;
}

std::optional<PacketDrop> ClientSession::fault_inbound(const InsidePacket& packet) const {
  if (state_ != State::Online) return PacketDrop::NotOnline;
  if (!owns(packet.destination)) return PacketDrop::ForeignDestination;
  if (is_unroutable(packet.source)) return PacketDrop::Unroutable;
  // Our own address as a source from outside: a spoof that the kernel might take for local traffic.
  if (owns(packet.source)) return PacketDrop::ForeignSource;
  switch (about_whom(packet)) {
    case AboutWhom::Us:
      return std::nullopt;
    case AboutWhom::Others:
      return PacketDrop::ForeignQuote;
    case AboutWhom::Unreadable:
      return PacketDrop::Malformed;
  }
  return PacketDrop::Malformed;
}

bool ClientSession::owns(const IpAddress& address) const noexcept {
  return std::any_of(addresses_.begin(), addresses_.end(), [&](const IpPrefix& own) { return own.contains(address); });
}

}  // namespace sallyport
