#pragma once

#include <cstddef>

namespace sallyport {

/// What other rights would do to the flows of one session. A connection that both ends have closed is no loss to anyone
/// and not counted, nor is a flow that the present rights would refuse anyway.
struct FlowImpact {
  std::size_t open = 0;
  std::size_t cut = 0;  ///< of these, refused by the other rights

  friend bool operator==(const FlowImpact&, const FlowImpact&) = default;
};

}  // namespace sallyport
