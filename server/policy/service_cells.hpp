#pragma once

#include "server/policy/services.hpp"

#include <cstdint>
#include <vector>

namespace sallyport {

/// Services of one resource; `resource` is any number.
struct NamedServices {
  ServiceRange range;
  std::uint32_t resource = 0;
};

/// Services that the same resources name.
struct SharedServices {
  ServiceRange range;
  std::vector<std::uint32_t> resources;  ///< sorted, each once
};

/// Cuts overlapping ranges into sorted, disjoint ones; neighbours with the same resources are joined.
[[nodiscard]] std::vector<SharedServices> make_disjoint(const std::vector<NamedServices>& services);

}  // namespace sallyport
