#pragma once

#include "common/base/time.hpp"
#include "common/ip/address.hpp"
#include "common/tls/device_identity.hpp"
#include "common/wire/est.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace sallyport {

/// A request for a certificate that waits for its answer.
struct EstAsked {
  std::uint64_t id = 0;  ///< names it until it is answered
  EstRequest request;    ///< Enroll, or Reenroll with a peer
  IpAddress source;
  std::optional<PeerIdentity> peer;    ///< verified; its standing may be RenewalOnly
  std::uint64_t trust_generation = 0;  ///< which trust bundle verified it
  TimePoint expires{};                 ///< from then on nobody waits for the answer
};

/// A request that was answered with no before anybody looked at records.
struct EstRefused {
  IpAddress source;
  std::optional<PeerIdentity> peer;
  std::string reason;  ///< a stable name
  std::string words;
};

}  // namespace sallyport
