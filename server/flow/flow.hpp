#pragma once

#include "common/base/time.hpp"
#include "common/ip/super_packet.hpp"
#include "server/flow/flow_key.hpp"
#include "server/flow/flow_limits.hpp"
#include "server/policy/decision.hpp"

#include <cstdint>
#include <string_view>

namespace sallyport {

/// How far a flow has come. It decides how long silence is tolerated, never whether a packet may pass.
enum class FlowState : std::uint8_t {
  Free,  ///< no flow: an unused slot
  TcpOpening,
  TcpEstablished,
  TcpClosing,
  Udp,
  Echo,
  Other,
};

/// How long a flow in this state may be silent.
[[nodiscard]] constexpr Duration idle_limit(FlowState state, const FlowLimits& limits) noexcept {
  switch (state) {
    case FlowState::Free:
      return Duration::zero();
    case FlowState::TcpOpening:
      return limits.tcp_opening;
    case FlowState::TcpEstablished:
      return limits.tcp_established;
    case FlowState::TcpClosing:
      return limits.tcp_closing;
    case FlowState::Udp:
      return limits.udp;
    case FlowState::Echo:
      return limits.echo;
    case FlowState::Other:
      return limits.other;
  }
  return Duration::zero();
}

/// Stable, for records: "tcp_established".
[[nodiscard]] std::string_view name_of(FlowState state) noexcept;

/// What has passed in one flow.
struct FlowTraffic {
  std::uint64_t packets_in = 0;  ///< from the client, passed to the office
  std::uint64_t bytes_in = 0;
  std::uint64_t packets_out = 0;
  std::uint64_t bytes_out = 0;

  friend bool operator==(const FlowTraffic&, const FlowTraffic&) = default;
};

/// One 5-tuple that a decision let in.
struct Flow {
  FlowKey key;
  FlowState state = FlowState::Free;
  bool client_finished = false;  ///< TCP FIN seen
  bool office_finished = false;
  bool is_accounted = false;  ///< its end is reported
  RuleIndex rule = kNoRule;
  std::uint64_t generation = 0;  ///< of the rights that let it in
  WallTime valid_until{};        ///< of that decision
  TimePoint last_seen{};
  WallTime since{};  ///< when it was let in
  FlowTraffic traffic{};

  [[nodiscard]] bool is_free() const noexcept { return state == FlowState::Free; }
  /// Idle for so long that it no longer counts.
  [[nodiscard]] bool is_forgotten(const FlowLimits& limits, TimePoint now) const noexcept {
    return now - last_seen >= idle_limit(state, limits);
  }

  /// The state before the first packet.
  [[nodiscard]] static FlowState first_state(const FlowKey& key) noexcept;

  /// Follows a packet that passed and counts for `tally`.
  void note(const PacketView& packet, const PacketTally& tally, Sender sender, TimePoint now) noexcept;
};

}  // namespace sallyport
