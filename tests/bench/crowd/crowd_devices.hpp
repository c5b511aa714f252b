#pragma once

#include "common/tls/context.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace sallyport {

/// One laptop's identity, ready to connect with.
struct CrowdDevice {
  ClientContext context;
};

/// Makes `count` devices, each of a person of its own, with a key and a certificate by the authority in STATE/ca, and
/// enrols them in STATE/gateway.db. Keys stay in memory. Ends the program with words where that cannot be done.
[[nodiscard]] std::vector<CrowdDevice> make_crowd_devices(const std::string& state, std::size_t count);

}  // namespace sallyport
