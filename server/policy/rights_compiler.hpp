#pragma once

#include "server/policy/resolved_policy.hpp"
#include "server/policy/rights_table.hpp"

#include <map>
#include <memory>
#include <span>
#include <vector>

namespace sallyport {

/// Reduces a policy to what some of its rules say. Costs the prefixes of the resources that they name, each once,
/// however many rules name a resource.
class RightsCompiler {
 public:
  explicit RightsCompiler(const ResolvedPolicy& policy) noexcept : policy_{policy} {}

  /// `rules` are indices, sorted, each once.
  [[nodiscard]] std::shared_ptr<const RightsTable> compile(std::span<const std::uint32_t> rules);

 private:
  /// One prefix of one applied resource.
  struct Entry {
    AddressKey first;
    AddressKey last;
    std::uint32_t resource = 0;
  };
  struct Range {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };

  void apply_rule(std::uint32_t rule);
  [[nodiscard]] std::uint32_t guard_of_table(std::uint32_t guard);
  [[nodiscard]] std::vector<Entry> entries_of(unsigned version) const;
  void add_family(unsigned version, AddressIndex& index);
  [[nodiscard]] Range cells_for(const std::vector<std::uint32_t>& resources);
  [[nodiscard]] Range claims_for(const std::vector<std::uint32_t>& resources);
  [[nodiscard]] std::span<const ServiceRange> services_of(std::uint32_t resource) const;
  [[nodiscard]] std::uint32_t any_resource() const noexcept;
  void collect_dates();

  const ResolvedPolicy& policy_;
  std::vector<std::vector<Claim>> applied_;            ///< parallel to the resources of the document, then "any"
  std::vector<std::uint32_t> slots_;                   ///< of each guard of the policy: its number in the table
  std::map<std::vector<std::uint32_t>, Range> cells_;  ///< prefixes with the same resources share their cells
  std::map<std::vector<std::uint32_t>, Range> claims_;
  std::shared_ptr<RightsTable> table_;
};

}  // namespace sallyport
