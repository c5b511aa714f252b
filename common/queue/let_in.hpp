#pragma once

#include "common/base/time.hpp"

#include <cstdint>

namespace sallyport {

/// What let a packet into a queue, given back with it: whoever takes it out asks anew where this does not hold any
/// more.
struct LetIn {
  std::uint64_t tag = 0;    ///< of who decided, and by what
  WallTime until = kNever;  ///< from this second on it does not hold

  friend bool operator==(const LetIn&, const LetIn&) = default;
};

}  // namespace sallyport
