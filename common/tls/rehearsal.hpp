#pragma once

#include "common/base/time.hpp"

namespace sallyport {

/// A whole handshake in memory between two ends of an authority that is made for it and forgotten. The first handshake
/// of a process takes longer than the ones that follow, for the code and tables that nothing has touched yet: so it is
/// one for which nobody waits. True: it came to its end. Whatever becomes of it says nothing of others.
bool rehearse_handshake(WallTime now);

}  // namespace sallyport
