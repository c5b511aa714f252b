#pragma once

#include "common/ip/address.hpp"
#include "server/gateway/token_bucket.hpp"

#include <cstddef>
#include <unordered_map>

namespace sallyport {

struct SourceLimits {
  double per_second = 20;  ///< new connections of one source; an IPv6 source is its /64
  double burst = 5;
  std::size_t tracked = 16384;  ///< sources remembered at once
};

/// What counts as one source: an IPv4 address, or the /64 of an IPv6 address.
[[nodiscard]] inline IpAddress source_key(const IpAddress& source) noexcept {
  return source.is_v4() ? source : IpPrefix::around(source, 64).network();
}

/// The door in front of the TLS stack: says who may start a handshake before anything is allocated for it.
class SourceLimiter {
 public:
  explicit SourceLimiter(SourceLimits limits) : limits_{limits} {}

  /// False when `source` connects too fast, or when so many sources do that no more can be told apart.
  [[nodiscard]] bool admit(const IpAddress& source, TimePoint now);
  /// A connection that was admitted is of a device that may have a session: it does not count. So many laptops behind
  /// one router may come back at once, a few at a time, while whatever else comes from there keeps its limit.
  void give_back(const IpAddress& source);

 private:
  void forget_quiet_sources(TimePoint now);

  SourceLimits limits_;
  std::unordered_map<IpAddress, TokenBucket> buckets_;
};

}  // namespace sallyport
