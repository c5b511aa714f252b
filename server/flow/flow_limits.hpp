#pragma once

#include "common/base/time.hpp"

#include <cstddef>

namespace sallyport {

/// How much one session may occupy, and how long a flow may be silent before it is forgotten.
struct FlowLimits {
  std::size_t max_flows =
      4096;  ///< 128 octets each; rounded down to a power of two, at least FlowTable::kFirstCapacity
  std::size_t max_fragmented = 64;  ///< fragmented datagrams under way
  Duration fragment_time = std::chrono::seconds{30};
  Duration tcp_opening = std::chrono::minutes{4};        ///< RFC 5382 REQ-5: at least this
  Duration tcp_established = std::chrono::minutes{124};  ///< RFC 5382 REQ-5: at least this
  Duration tcp_closing = std::chrono::minutes{4};
  Duration udp = std::chrono::minutes{2};    ///< RFC 4787 REQ-5: at least this
  Duration echo = std::chrono::seconds{60};  ///< RFC 5508 REQ-2: at least this
  Duration other = std::chrono::minutes{10};
  unsigned refusals_per_second = 10;  ///< answered ones
  unsigned refusal_burst = 20;
};

}  // namespace sallyport
