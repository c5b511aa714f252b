#pragma once

#include "server/policy/analysis/region.hpp"
#include "server/policy/document.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace sallyport {

/// A part of a region that has a name.
struct RegionPart {
  std::string resource;   ///< the name of a resource, or empty
  std::string addresses;  ///< "10.0.0.0/24", "10.0.0.1-10.0.0.6", or empty with a resource
  std::string services;   ///< "443/tcp, 80/tcp", or empty: all that the resource has
};

/// Finds names for many regions among the same resources.
class RegionNames {
 public:
  /// `resources` outlive this.
  explicit RegionNames(const std::vector<PolicyResource>& resources);

  /// The region by the names of resources where they coincide with a part of it, the rest by addresses; when the search
  /// has become too long, all by addresses.
  [[nodiscard]] const std::vector<RegionPart>& parts_of(const Region& region);

 private:
  [[nodiscard]] std::vector<RegionPart> find_parts(const Region& region);

  const std::vector<PolicyResource>& resources_;
  std::vector<Region> regions_;  ///< of each resource
  std::map<Region, std::vector<RegionPart>> known_;
  std::size_t compared_ = 0;
};

[[nodiscard]] std::vector<RegionPart> parts_of(const Region& region, const std::vector<PolicyResource>& resources);

/// "git", "git on 443/tcp", "10.0.0.0/24 on 443/tcp"
[[nodiscard]] std::string to_string(const RegionPart& part);
/// The first few parts, then how many more there are.
[[nodiscard]] std::string to_string(const std::vector<RegionPart>& parts);
/// By addresses alone, the first few.
[[nodiscard]] std::string plain_text(const Region& region);

[[nodiscard]] std::string to_string(const AddressStretch& stretch);
[[nodiscard]] std::string to_string(const ServiceSet& services);

}  // namespace sallyport
