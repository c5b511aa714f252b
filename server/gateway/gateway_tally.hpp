#pragma once

#include "server/gateway/reason_tally.hpp"
#include "server/policy/decision.hpp"
#include "server/proof/proof_outcome.hpp"
#include "server/session/attestation.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace sallyport {

inline constexpr std::size_t kAttestRefusals = static_cast<std::size_t>(AttestRefusal::CannotSign) + 1;
inline constexpr std::size_t kProofResults = static_cast<std::size_t>(ProofResult::Unavailable) + 1;
inline constexpr std::size_t kDecisionReasons = static_cast<std::size_t>(DecisionReason::RightsOutdated) + 1;

/// What happened since the start that only metrics tell. The first four are safe to use from any thread, the rest is
/// the control thread's.
struct GatewayTally {
  GatewayTally();

  ReasonTally handshakes_refused;    ///< by the reason of handshake.refused records
  ReasonTally certificates_refused;  ///< by that of enrolment.refused and renewal.refused
  std::atomic<std::uint64_t> handshakes_for_session{0};
  std::atomic<std::uint64_t> handshakes_for_certificate{0};

  std::array<std::uint64_t, kAttestRefusals> attestations_refused{};
  std::array<std::uint64_t, kProofResults> proofs{};
  std::array<std::uint64_t, kDecisionReasons> denied{};
  std::uint64_t reloads = 0;
  std::uint64_t reloads_refused = 0;
  bool is_last_reload_refused = false;

  /// `event` as it is recorded.
  void note_refusal(std::string_view event, std::string_view reason) noexcept {
    (event == "handshake.refused" ? handshakes_refused : certificates_refused).count(reason);
  }
  /// `is_whole`: of every file, not of certificates, lists and records alone.
  void note_reload(bool is_whole) noexcept {
    ++reloads;
    if (is_whole) is_last_reload_refused = false;
  }
  void note_refused_reload() noexcept {
    ++reloads_refused;
    is_last_reload_refused = true;
  }
};

}  // namespace sallyport
