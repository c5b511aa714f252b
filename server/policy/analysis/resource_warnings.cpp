#include "server/policy/analysis/region.hpp"
#include "server/policy/analysis/region_text.hpp"
#include "server/policy/analysis/warnings.hpp"
#include "server/policy/condition_text.hpp"
#include "server/policy/diagnostic_list.hpp"
#include "server/policy/resolved_policy.hpp"

#include <map>
#include <set>
#include <utility>

namespace sallyport {
namespace {

/// Pairs compared in full; a policy with more has been told enough.
constexpr std::size_t kMaxPairs = 500;

class ResourceReview {
 public:
  ResourceReview(const Policy& policy, PolicyWarnings& out)
      : document_{policy.resolved().document}, resources_{document_.resources}, out_{out} {}

  void run() {
    find_pairs();
    for (const auto& [a, b] : pairs_) compare(a, b);
    for (const auto& [outer, inner] : inside_) {
      const auto names = join_each(inner, [this](std::uint32_t i) { return quote(resources_[i].name); });
      warn(WarningCode::Inside, outer,
           quote(resources_[outer].name) + " holds all of " + names + ": rules for it speak about " +
               (inner.size() == 1 ? "that" : "those") + " too",
           {});
    }
  }

 private:
  /// Resources that share an address, whatever the services.
  void find_pairs() {
    std::vector<LayerStretch> stretches;
    for (std::uint32_t i = 0; i < resources_.size(); ++i) {
      for (const auto& prefix : resources_[i].prefixes) stretches.push_back({stretch_of(prefix), i});
    }
    std::set<std::vector<std::uint32_t>> known;
    sweep_addresses(stretches, [&](const AddressStretch&, const std::vector<std::uint32_t>& together) {
      if (together.size() < 2 || pairs_.size() >= kMaxPairs || !known.insert(together).second) return;
      for (std::size_t i = 0; i < together.size(); ++i) {
        for (std::size_t j = i + 1; j < together.size() && pairs_.size() < kMaxPairs; ++j) {
          pairs_.insert({together[i], together[j]});
        }
      }
    });
  }

  void compare(std::uint32_t a, std::uint32_t b) {
    const auto& mine = region_of(a);
    const auto& theirs = region_of(b);
    const auto shared = mine.within(theirs);
    if (shared.empty()) return;
    if (mine == theirs) {
      warn(WarningCode::Overlap, b, quote(resources_[b].name) + " is the same as " + named(a), "keep one of them");
    } else if (shared == mine) {
      inside_[b].push_back(a);
    } else if (shared == theirs) {
      inside_[a].push_back(b);
    } else {
      warn(WarningCode::Overlap, b, quote(resources_[b].name) + " overlaps " + named(a) + " in " + plain_text(shared),
           "rules for either speak about what they share; give it a resource of its own if that is not meant");
    }
  }

  std::string named(std::uint32_t resource) const {
    return quote(resources_[resource].name) + " at " + to_string(document_, resources_[resource].place);
  }

  const Region& region_of(std::uint32_t resource) {
    const auto [place, is_new] = regions_.try_emplace(resource);
    if (is_new) place->second = Region::of(resources_[resource].prefixes, resources_[resource].services);
    return place->second;
  }

  void warn(WarningCode code, std::uint32_t resource, std::string message, std::string hint) {
    out_.push_back({code, diagnostic_at(document_, resources_[resource].place, std::move(message), std::move(hint))});
  }

  const PolicyDocument& document_;
  const std::vector<PolicyResource>& resources_;
  PolicyWarnings& out_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> pairs_;
  std::map<std::uint32_t, std::vector<std::uint32_t>> inside_;  ///< of each outer resource
  std::map<std::uint32_t, Region> regions_;
};

}  // namespace

void append_resource_warnings(const Policy& policy, PolicyWarnings& out) { ResourceReview{policy, out}.run(); }

}  // namespace sallyport
