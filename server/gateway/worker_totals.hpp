#pragma once

#include "server/flow/filter_stats.hpp"
#include "server/session/session.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace sallyport {

/// What the sessions of a worker carried and dropped since it began, those that have ended, too.
struct WorkerTotals {
  Session::Traffic traffic{};
  FilterStats filter{};

  WorkerTotals& operator+=(const WorkerTotals& other) noexcept {
    traffic.packets_in += other.traffic.packets_in;
    traffic.bytes_in += other.traffic.bytes_in;
    traffic.packets_out += other.traffic.packets_out;
    traffic.bytes_out += other.traffic.bytes_out;
    filter += other.filter;
    return *this;
  }

  /// A count that is taken while sessions end misses those that end meanwhile; the next one has them. What has been
  /// counted once is never counted less: each figure is the larger one of both.
  void raise(const WorkerTotals& newer) noexcept {
    const auto raise_one = [](std::uint64_t& mine, std::uint64_t theirs) { mine = std::max(mine, theirs); };
    raise_one(traffic.packets_in, newer.traffic.packets_in);
    raise_one(traffic.bytes_in, newer.traffic.bytes_in);
    raise_one(traffic.packets_out, newer.traffic.packets_out);
    raise_one(traffic.bytes_out, newer.traffic.bytes_out);
    raise_one(filter.passed_from_client, newer.filter.passed_from_client);
    raise_one(filter.passed_from_office, newer.filter.passed_from_office);
    raise_one(filter.refused, newer.filter.refused);
    for (std::size_t i = 0; i < filter.drops.size(); ++i) raise_one(filter.drops[i], newer.filter.drops[i]);
  }
};

[[nodiscard]] inline WorkerTotals totals_of(const Session& session) noexcept {
  return {session.traffic(), session.filter().stats()};
}

}  // namespace sallyport
