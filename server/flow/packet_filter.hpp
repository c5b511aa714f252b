#pragma once

#include "common/base/bytes.hpp"
#include "common/base/time.hpp"
#include "common/ip/packet.hpp"
#include "server/flow/filter_stats.hpp"
#include "server/flow/flow_impact.hpp"
#include "server/flow/flow_limits.hpp"
#include "server/flow/flow_table.hpp"
#include "server/flow/fragment_table.hpp"
#include "server/flow/inside_addresses.hpp"
#include "server/flow/judgement.hpp"
#include "server/flow/refusal_budget.hpp"
#include "server/policy/rights.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace sallyport {

/// Judges every inside packet of one session. Pure: what passes is decided by packets, rights and time alone.
///
/// A flow that rights have let in costs a table look-up; it is judged again on its next packet, in either direction,
/// once its rights were replaced or its decision has expired. Nothing is scanned, nothing survives without a rule.
class PacketFilter {
 public:
  /// Without rights (null) nothing passes.
  PacketFilter(const InsideAddresses& inside, std::shared_ptr<const Rights> rights, const FlowLimits& limits);

  /// Every flow is judged again on its next packet; datagrams half through are cut off.
  void replace_rights(std::shared_ptr<const Rights> rights) noexcept;

  /// The same rights, made anew because time went on: what flows were granted stands until it expires by itself.
  void extend_rights(std::shared_ptr<const Rights> rights) noexcept { rights_ = std::move(rights); }

  /// Takes over the flows of the session that this one supersedes; each is judged again on its next packet.
  /// Takes nothing, and says so, when the inside addresses differ.
  bool adopt_flows(PacketFilter& older) noexcept;

  /// The judgement borrows from `packet`. A super-packet is judged once, as each of its segments would be. Of the
  /// client it has to be one that a peer may send; of the office, which is our own kernel's word, one that Segments can
  /// cut.
  [[nodiscard]] Judgement judge_from_client(const SuperPacket& packet, Now now) {
    return judge(packet, Sender::Client, now);
  }
  [[nodiscard]] Judgement judge_from_office(const SuperPacket& packet, Now now) {
    return judge(packet, Sender::Office, now);
  }
  /// A packet of the office that passed before, here or in the session that this one supersedes, and had to wait since.
  /// That it passes is not counted again.
  [[nodiscard]] Judgement judge_again(const SuperPacket& packet, Now now);
  /// The client sent something in the place of a super-packet.
  void note_bad_super_packet() noexcept { ++stats_.drops[static_cast<std::size_t>(DropReason::BadSuperPacket)]; }

  /// The end of this flow will be among take_ended(), unless a judgement tells of it.
  void account(const FlowKey& key, Now now) noexcept;
  /// Notices accounted flows that fell silent, a few slots at each call.
  void sweep(Now now) { flows_.sweep(kSweptSlots, now.steady); }
  /// Gives back the memory of flows, when none is live. Walks the table.
  void release_idle_memory(TimePoint now) noexcept { flows_.release_idle_memory(now); }
  /// At most `most` of them.
  void end_accounted(FlowEnd end, std::size_t most) { flows_.end_accounted(end, most); }
  [[nodiscard]] bool has_ended() const noexcept { return flows_.has_ended(); }
  [[nodiscard]] bool has_accounted() const noexcept { return flows_.accounted() != 0; }
  [[nodiscard]] std::vector<EndedFlow> take_ended(std::size_t most) { return flows_.take_ended(most); }
  [[nodiscard]] std::uint64_t take_lost() noexcept { return flows_.take_lost(); }

  [[nodiscard]] const FilterStats& stats() const noexcept { return stats_; }
  /// Walks the table: for people, not for packets.
  [[nodiscard]] std::size_t live_flows(TimePoint now) const noexcept { return flows_.live(now); }
  /// What `candidate` would do to the flows that `present` lets pass now. Changes nothing. Walks the table.
  [[nodiscard]] FlowImpact impact_of(const Rights& present, const Rights& candidate, Now now) const noexcept;
  [[nodiscard]] const FlowTable& flows() const noexcept { return flows_; }
  /// Rises whenever every flow has to be judged again.
  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
  [[nodiscard]] const InsideAddresses& inside() const noexcept { return inside_; }

 private:
  static constexpr std::size_t kSweptSlots = 64;

  [[nodiscard]] Judgement judge(const SuperPacket& super, Sender sender, Now now);
  [[nodiscard]] Judgement judge_parsed(const SuperPacket& super, const PacketView& packet, Sender sender, Now now);
  [[nodiscard]] Judgement judge_packet(const PacketView& packet, const PacketTally& tally, Sender sender, Now now);
  [[nodiscard]] Judgement judge_later_fragment(const PacketView& packet, const PacketTally& tally, Sender sender,
                                               Now now) noexcept;
  [[nodiscard]] Judgement judge_icmp_error(const PacketView& packet, Sender sender, Now now) noexcept;
  [[nodiscard]] Judgement judge_echo(const PacketView& packet, const PacketTally& tally, Sender sender, Now now);
  [[nodiscard]] Judgement judge_in_flow(const PacketView& packet, const PacketTally& tally, Sender sender, Now now);
  [[nodiscard]] Judgement judge_new_flow(const PacketView& packet, const PacketTally& tally, const FlowKey& key,
                                         Now now);
  /// `key` is that of `flow`, which may be gone when this returns.
  [[nodiscard]] Judgement pass_in_flow(const PacketView& packet, const PacketTally& tally, const FlowKey& key,
                                       Flow& flow, Sender sender, Now now);
  [[nodiscard]] Judgement forbid(const PacketView& packet, const FlowKey& key, const Decision& decision, Sender sender,
                                 Now now) noexcept;

  [[nodiscard]] Judgement cut(const PacketView& packet, const FlowKey& key, const Decision& decision, Sender sender,
                              Now now) noexcept;

  [[nodiscard]] Decision ask_rights(const Destination& destination, Now now) const noexcept;
  [[nodiscard]] Decision decision_for(Flow& flow, Now now) noexcept;
  void remember(Flow& flow, const Decision& decision) noexcept;
  void follow_wall_clock(WallTime wall) noexcept;
  void start_generation() noexcept;
  void count(const Judgement& judgement, Sender sender) noexcept;

  InsideAddresses inside_;
  std::shared_ptr<const Rights> rights_;
  FlowTable flows_;
  FragmentTable fragments_;
  RefusalBudget refusals_;
  FilterStats stats_;
  Flow last_ended_;
  std::uint64_t generation_ = 1;
  WallTime latest_wall_ = WallTime::min();
};

}  // namespace sallyport
