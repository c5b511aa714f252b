#pragma once

#include "server/policy/evidence.hpp"
#include "server/policy/resolved_policy.hpp"
#include "server/policy/rights_table.hpp"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace sallyport {

/// Reduces a policy to what it says to one set of evidence. Costs the prefixes of the resources that apply, each once,
/// however many rules name a resource.
class RightsCompiler {
 public:
  explicit RightsCompiler(const ResolvedPolicy& policy) noexcept : policy_{policy} {}

  [[nodiscard]] std::shared_ptr<const RightsTable> compile(const Evidence& evidence);

 private:
  /// What all matching rules together say about a resource: of several rules of a kind, the longest lasting.
  struct AppliedResource {
    Claim allow;
    Claim deny;
    [[nodiscard]] bool applies() const noexcept { return allow.rule != kNoRule || deny.rule != kNoRule; }
  };
  /// One prefix of one applied resource.
  struct Entry {
    AddressKey first;
    AddressKey last;
    std::uint32_t resource = 0;
  };
  struct CellRange {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };

  void apply_rules(const Evidence& evidence);
  void apply_rule(std::size_t rule);
  [[nodiscard]] std::vector<Entry> entries_of(unsigned version) const;
  void add_family(unsigned version, AddressIndex& index);
  [[nodiscard]] CellRange cells_for(const std::vector<std::uint32_t>& resources);
  [[nodiscard]] std::span<const ServiceRange> services_of(std::uint32_t resource) const;
  [[nodiscard]] std::uint32_t any_resource() const noexcept;
  void collect_changes();

  const ResolvedPolicy& policy_;
  std::vector<AppliedResource> applied_;                   ///< parallel to the resources of the document, then "any"
  std::map<std::vector<std::uint32_t>, CellRange> cells_;  ///< prefixes with the same resources share their cells
  std::shared_ptr<RightsTable> table_;
};

}  // namespace sallyport
