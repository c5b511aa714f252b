#pragma once

#include "server/gateway/gateway_view.hpp"
#include "server/trust/forecast_figures.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// How far ahead a forecast is counted, and the label that says so. 0: has ended already.
struct ForecastReach {
  std::chrono::seconds within;
  const char* label;
};
inline constexpr std::array kForecastReaches{
    ForecastReach{std::chrono::seconds{0}, "0s"}, ForecastReach{std::chrono::days{1}, "1d"},
    ForecastReach{std::chrono::days{7}, "7d"}, ForecastReach{kForecastHorizon, "30d"}};

/// One key of an authority. `key_id` are the first 16 hex digits of it.
struct AuthorityFigures {
  struct List {
    WallTime this_update{};
    WallTime next_update{};
    std::uint64_t number = 0;
    std::size_t revoked = 0;
  };
  std::string authority;
  std::string key_id;
  WallTime not_after{};
  bool is_refused = false;
  std::size_t unread = 0;
  std::optional<List> list{};
};

/// The places where lists of one foreign authority come from, together.
struct SourceFigures {
  std::string authority;
  std::size_t good = 0;
  std::size_t bad = 0;
  std::uint64_t fetched = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t failed = 0;
  std::uint64_t refused = 0;
};

struct EndingFigures {
  std::array<std::size_t, kForecastReaches.size()> endings{};
  std::array<std::size_t, kForecastReaches.size()> locked_out{};
  std::size_t overdue = 0;
  std::optional<WallTime> first{};
};

/// All that a page of metrics says, as values: no names of people, devices or places, no addresses.
struct MetricsFigures {
  struct Policy {
    std::string hash;
    std::uint64_t version = 0;
    std::size_t rules = 0;
    std::size_t tests = 0;
    bool is_held = false;
    std::chrono::seconds trial_left{0};
    PolicyCounts counts{};
  };
  struct Room {
    std::size_t taken = 0;
    std::size_t most = 0;
  };
  struct Tally {
    std::vector<ReasonTally::Entry> handshakes_refused;
    std::vector<ReasonTally::Entry> certificates_refused;
    std::uint64_t handshakes_for_session = 0;
    std::uint64_t handshakes_for_certificate = 0;
    std::array<std::uint64_t, kAttestRefusals> attestations_refused{};
    std::array<std::uint64_t, kProofResults> proofs{};
    std::array<std::uint64_t, kDecisionReasons> denied{};
    std::uint64_t reloads = 0;
    std::uint64_t reloads_refused = 0;
    bool is_last_reload_refused = false;
  };

  std::string version;
  WallTime started{};
  std::size_t handshake_threads = 0;
  bool is_draining = false;
  std::size_t drain_remaining = 0;
  std::chrono::seconds clock_behind{0};
  std::vector<WorkerView> workers{};  ///< by number
  QueueCounters queue{};
  SessionCounts sessions{};
  std::size_t sessions_limit = 0;
  Room served{};
  Room refused{};
  Tally tally{};
  std::uint64_t enrolled = 0;
  std::uint64_t renewed = 0;
  AuditKeeper::State audit{};
  std::uint64_t left_out = 0;
  DecisionCounts decisions{};
  Policy policy{};
  WallTime gateway_not_after{};
  std::vector<AuthorityFigures> authorities{};
  std::vector<SourceFigures> sources{};
  std::uint64_t authorities_refused = 0;
  WallTime forecast_at{};
  std::array<EndingFigures, kEndingKinds> forecast{};
  std::array<CutLatencies::Totals, kCutCauses> cuts{};
  Duration gathering{};  ///< on the control thread
};

}  // namespace sallyport
