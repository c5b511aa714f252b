#include "server/flow/packet_filter.hpp"

#include "common/ip/icmp_quote.hpp"
#include "common/ip/refusal.hpp"
#include "common/ip/segments.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace sallyport {
namespace {

Judgement drop(DropReason reason) { return {Action::Drop, reason, {}, {}, {}}; }

IpAddress far_of(const PacketView& packet, Sender sender) noexcept {
  return sender == Sender::Client ? packet.destination() : packet.source();
}

/// ::ffff:0:0/96: no packet on any wire carries it (RFC 4291 2.5.5.2), yet a rule for ::/0 would match it.
bool is_mapped(const IpAddress& address) {
  if (address.is_v4()) return false;
  const Bytes octets = address.octets();
  const bool zeros =
      std::all_of(octets.begin(), octets.begin() + 10, [](std::byte each) { return each == std::byte{}; });
  return zeros && octets[10] == std::byte{0xff} && octets[11] == std::byte{0xff};
}

std::optional<DropReason> fault_of_far_address(const IpAddress& far, const InsideAddresses& inside) {
  if (far.is_multicast()) return DropReason::Multicast;
  if (far.is_link_local()) return DropReason::LinkLocal;
  if (far.is_martian() || is_mapped(far) || inside.contains(far)) return DropReason::Martian;
  return std::nullopt;
}

/// Redirects, source quench, neighbour discovery and the rest are between neighbours, and a tunnel has none.
bool is_carried_error(const PacketView& packet) {
  const unsigned type = packet.icmp_type();
  return packet.is_v4() ? type == 3 || type == 11 || type == 12 : type >= 1 && type <= 4;
}

/// The flow of the packet that `sender` complains about, if it says so consistently: the other end sent that packet to
/// the one who complains, and an error goes back to where the packet came from.
std::optional<FlowKey> quoted_flow(const PacketView& error, Sender sender, const InsideAddresses& inside) {
  const auto quote = IcmpQuote::parse(error);
  if (!quote || quote->source != error.destination()) return std::nullopt;
  if (sender == Sender::Office) {
    if (quote->is_echo_reply) return std::nullopt;
    return FlowKey::of(*quote, Sender::Client);
  }
  if (quote->is_echo_request || !inside.contains(quote->destination)) return std::nullopt;
  return FlowKey::of(*quote, Sender::Office);
}

/// Nullopt: a super-packet that may not come from there.
std::optional<PacketTally> tally_if_sound(const SuperPacket& super, const PacketView& packet, Sender sender) {
  if (super.is_plain()) return PacketTally{1, packet.bytes().size()};
  if (sender == Sender::Client) {
    if (find_super_packet_fault(super, packet)) return std::nullopt;
    return tally_of(super, packet);
  }
  const auto segments = Segments::of(packet, super.segmentation.size);
  return segments ? std::optional{segments->tally()} : std::nullopt;
}

/// It passed before, which counted all there is to count.
bool is_judged_again(const PacketTally& tally) noexcept { return tally.packets == 0; }

/// A connection that the office begins. On a flow still opening it is a simultaneous open (RFC 9293 3.5).
bool is_office_opening(const PacketView& packet, const Flow& flow) {
  const auto bits = packet.tcp_flags() & (tcp_flag::kSyn | tcp_flag::kAck);
  return bits == tcp_flag::kSyn && flow.state != FlowState::TcpOpening;
}

}  // namespace

PacketFilter::PacketFilter(const InsideAddresses& inside, std::shared_ptr<const Rights> rights,
                           const FlowLimits& limits)
    : inside_{inside},
      rights_{std::move(rights)},
      flows_{limits},
      fragments_{limits.max_fragmented, limits.fragment_time},
      refusals_{limits.refusals_per_second, limits.refusal_burst} {}

void PacketFilter::replace_rights(std::shared_ptr<const Rights> rights) noexcept {
  rights_ = std::move(rights);
  start_generation();
}

bool PacketFilter::adopt_flows(PacketFilter& older) noexcept {
  if (!(inside_ == older.inside_)) return false;
  std::swap(flows_, older.flows_);
  generation_ = std::max(generation_, older.generation_);
  start_generation();
  return true;
}

FlowImpact PacketFilter::impact_of(const Rights& present, const Rights& candidate, Now now) const noexcept {
  FlowImpact impact;
  flows_.for_each_live(now.steady, [&](const Flow& flow) {
    const Destination destination = flow.key.destination();
    if (flow.state == FlowState::TcpClosing || !present.judge(destination, now.wall).allows()) return;
    ++impact.open;
    if (!candidate.judge(destination, now.wall).allows()) ++impact.cut;
  });
  return impact;
}

void PacketFilter::account(const FlowKey& key, Now now) noexcept {
  if (Flow* flow = flows_.find(key, now.steady)) flows_.account(*flow);
}

Judgement PacketFilter::judge(const SuperPacket& super, Sender sender, Now now) {
  follow_wall_clock(now.wall);
  const auto packet = PacketView::parse(super.bytes);
  const Judgement judgement =
      packet ? judge_parsed(super, *packet, sender, now) : drop(drop_reason_for(packet.error()));
  count(judgement, sender);
  return judgement;
}

/// Judged as a packet that counts for nothing; what does not pass any more counts as what it is.
Judgement PacketFilter::judge_again(const SuperPacket& super, Now now) {
  follow_wall_clock(now.wall);
  const auto packet = PacketView::parse(super.bytes);
  const auto tally = packet ? tally_if_sound(super, *packet, Sender::Office) : std::nullopt;
  if (!tally) return drop(DropReason::BadSuperPacket);
  Judgement judgement = judge_packet(*packet, {.packets = 0, .octets = 0}, Sender::Office, now);
  judgement.tally = *tally;
  if (judgement.action != Action::Pass) count(judgement, Sender::Office);
  return judgement;
}

Judgement PacketFilter::judge_parsed(const SuperPacket& super, const PacketView& packet, Sender sender, Now now) {
  const auto tally = tally_if_sound(super, packet, sender);
  if (!tally) return drop(DropReason::BadSuperPacket);
  Judgement judgement = judge_packet(packet, *tally, sender, now);
  judgement.tally = *tally;
  return judgement;
}

Judgement PacketFilter::judge_packet(const PacketView& packet, const PacketTally& tally, Sender sender, Now now) {
  const bool ours = sender == Sender::Client;
  const IpAddress near = ours ? packet.source() : packet.destination();
  if (!inside_.contains(near)) return drop(ours ? DropReason::ForeignSource : DropReason::ForeignDestination);
  // The far address of a known flow was looked at when the flow began.
  const bool has_ports = !packet.is_later_fragment() && !packet.is_icmp();
  if (has_ports) return judge_in_flow(packet, tally, sender, now);
  if (const auto fault = fault_of_far_address(far_of(packet, sender), inside_)) return drop(*fault);
  if (packet.is_later_fragment()) return judge_later_fragment(packet, tally, sender, now);
  if (packet.is_icmp_error()) return judge_icmp_error(packet, sender, now);
  return judge_echo(packet, tally, sender, now);
}

Judgement PacketFilter::judge_later_fragment(const PacketView& packet, const PacketTally& tally, Sender sender,
                                             Now now) noexcept {
  const auto admitted =
      is_judged_again(tally) ? fragments_.admit_later_again(packet, now) : fragments_.admit_later(packet, now);
  switch (admitted.verdict) {
    case FragmentVerdict::Pass:
      return {Action::Pass,
              DropReason::None,
              {.valid_until = admitted.valid_until},
              {far_of(packet, sender), packet.protocol(), 0},
              packet.bytes()};
    case FragmentVerdict::NoFirst:
      return drop(DropReason::NoFirstFragment);
    case FragmentVerdict::Overlap:
      return drop(DropReason::OverlappingFragment);
  }
  return drop(DropReason::NoFirstFragment);
}

Judgement PacketFilter::judge_icmp_error(const PacketView& packet, Sender sender, Now now) noexcept {
  if (!is_carried_error(packet)) return drop(DropReason::UnsupportedIcmp);
  const auto key = quoted_flow(packet, sender, inside_);
  Flow* flow = key ? flows_.find(*key, now.steady) : nullptr;
  if (flow == nullptr) return drop(DropReason::ForeignQuote);
  const Decision decision = decision_for(*flow, now);
  if (!decision.allows()) return cut(packet, *key, decision, sender, now);
  return {Action::Pass, DropReason::None, decision, key->destination(), packet.bytes()};
}

Judgement PacketFilter::judge_echo(const PacketView& packet, const PacketTally& tally, Sender sender, Now now) {
  if (!(packet.is_echo_request() || packet.is_echo_reply())) return drop(DropReason::UnsupportedIcmp);
  if (packet.is_echo_request() != (sender == Sender::Client)) return drop(DropReason::NoFlow);
  return judge_in_flow(packet, tally, sender, now);
}

Judgement PacketFilter::judge_in_flow(const PacketView& packet, const PacketTally& tally, Sender sender, Now now) {
  const bool ours = sender == Sender::Client;
  const FlowKey key = FlowKey::of(packet, sender);
  Flow* flow = flows_.find(key, now.steady);
  if (flow == nullptr) {
    if (const auto fault = fault_of_far_address(key.office, inside_)) return drop(*fault);
    return ours ? judge_new_flow(packet, tally, key, now) : drop(DropReason::NoFlow);
  }
  if (!ours && is_office_opening(packet, *flow)) return drop(DropReason::NoFlow);
  return pass_in_flow(packet, tally, key, *flow, sender, now);
}

Judgement PacketFilter::judge_new_flow(const PacketView& packet, const PacketTally& tally, const FlowKey& key,
                                       Now now) {
  const Decision decision = ask_rights(key.destination(), now);
  if (!decision.allows()) return forbid(packet, key, decision, Sender::Client, now);
  Flow& flow = flows_.insert(key, now.steady);
  remember(flow, decision);
  flow.since = now.wall;
  Judgement judgement = pass_in_flow(packet, tally, key, flow, Sender::Client, now);
  if (judgement.turn != FlowTurn::None) return judgement;
  judgement.turn = FlowTurn::Opened;
  judgement.decision = decision;
  judgement.flow = &flow;
  return judgement;
}

/// The judgement is one object from beginning to end: a copy would cost as much as the look-up.
Judgement PacketFilter::pass_in_flow(const PacketView& packet, const PacketTally& tally, const FlowKey& key, Flow& flow,
                                     Sender sender, Now now) {
  Judgement judgement{Action::Pass,
                      DropReason::None,
                      decision_for(flow, now),
                      {far_of(packet, sender), key.protocol, key.office_port},
                      packet.bytes()};
  const Decision& decision = judgement.decision;
  const auto admit_first = [&] {
    return is_judged_again(tally) ? fragments_.admit_first_again(packet, decision.valid_until, now)
                                  : fragments_.admit_first(packet, decision.valid_until, now);
  };
  if (!decision.allows()) {
    judgement = cut(packet, key, Decision{decision}, sender, now);
  } else if (packet.is_first_fragment() && admit_first() != FragmentVerdict::Pass) {
    judgement = drop(DropReason::OverlappingFragment);
  } else {
    flow.note(packet, tally, sender, now.steady);
  }
  return judgement;
}

/// The office is never answered: it learns nothing about policy.
Judgement PacketFilter::forbid(const PacketView& packet, const FlowKey& key, const Decision& decision, Sender sender,
                               Now now) noexcept {
  Judgement judgement{Action::Drop, DropReason::Forbidden, decision, key.destination(), {}};
  if (sender == Sender::Office || !is_answerable(packet)) return judgement;
  if (refusals_.take(now.steady))
    judgement.action = Action::Refuse;
  else
    judgement.reason = DropReason::RateLimited;
  return judgement;
}

/// Follows decision_for(), which has just ended the flow.
Judgement PacketFilter::cut(const PacketView& packet, const FlowKey& key, const Decision& decision, Sender sender,
                            Now now) noexcept {
  Judgement judgement = forbid(packet, key, decision, sender, now);
  judgement.turn = FlowTurn::Ended;
  judgement.flow = &last_ended_;
  return judgement;
}

Decision PacketFilter::ask_rights(const Destination& destination, Now now) const noexcept {
  return rights_ ? rights_->judge(destination, now.wall) : Decision{};
}

/// One comparison while nothing has changed. A flow that is no longer allowed is gone when this returns.
Decision PacketFilter::decision_for(Flow& flow, Now now) noexcept {
  if (flow.generation == generation_ && now.wall < flow.valid_until) {
    return {Verdict::Allow, flow.rule, flow.valid_until, DecisionReason::Allowed};
  }
  const Decision decision = ask_rights(flow.key.destination(), now);
  if (decision.allows()) {
    remember(flow, decision);
  } else {
    last_ended_ = flow;
    flows_.erase(flow);
  }
  return decision;
}

void PacketFilter::remember(Flow& flow, const Decision& decision) noexcept {
  flow.rule = decision.rule;
  flow.valid_until = decision.valid_until;
  flow.generation = generation_;
}

/// A clock set back would otherwise stretch decisions made under the later time.
void PacketFilter::follow_wall_clock(WallTime wall) noexcept {
  if (wall < latest_wall_) start_generation();
  latest_wall_ = wall;
}

void PacketFilter::start_generation() noexcept {
  ++generation_;
  fragments_.clear();
}

void PacketFilter::count(const Judgement& judgement, Sender sender) noexcept {
  if (judgement.action == Action::Pass) {
    (sender == Sender::Client ? stats_.passed_from_client : stats_.passed_from_office) += judgement.tally.packets;
    return;
  }
  stats_.drops[static_cast<std::size_t>(judgement.reason)] += judgement.tally.packets;
  if (judgement.action == Action::Refuse) ++stats_.refused;
}

}  // namespace sallyport
