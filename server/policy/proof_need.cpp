#include "server/policy/proof_need.hpp"

#include "server/policy/guard.hpp"
#include "server/policy/resolved_policy.hpp"
#include "server/policy/services.hpp"
#include "server/policy/session_facts.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>

namespace sallyport {
namespace {

// Whatever a policy looks like, a worker is not held up: so many resources are looked at, and of each so many places.
constexpr std::size_t kMaxResources = 1024;
constexpr std::size_t kMaxPrefixes = 256;
constexpr std::size_t kMaxAddresses = 16;
constexpr std::size_t kMaxServices = 8;
constexpr std::size_t kMaxTurns = 8192;

/// Both answers to the same question, as things are and after a proof.
class ProofTrial {
 public:
  ProofTrial(const Policy& policy, const Rights& rights, const Evidence& evidence, WallTime now)
      : policy_{policy.resolved()}, rights_{rights}, now_{now} {
    Evidence proved = evidence;
    proved.user_proved = now;
    after_ = policy.rights_for(proved, now);
    routes_ = after_->routes(now);
  }

  /// The resources of rules that lack a proof and nothing else.
  std::set<std::uint32_t> candidates(const Evidence& evidence) const {
    std::set<std::uint32_t> found;
    Evidence proved = evidence;
    proved.user_proved = now_;
    const GuardJudge before{policy_, evidence};
    const GuardJudge after{policy_, proved};
    std::map<std::size_t, bool> lacking;  // by guard: many rules may share one
    for (const auto rule : SessionFacts{policy_, evidence}.applicable_rules()) {
      const auto& written = policy_.document.rules[rule];
      const auto index = policy_.rules[rule].guard;
      const auto& guard = policy_.guards[index];
      if (written.kind != RuleKind::Allow || written.rollout == Rollout::Shadow || !guard.proof_age) continue;
      const auto [lacks, is_new] = lacking.try_emplace(index, false);
      if (is_new) lacks->second = !before.state(guard, now_).met && after.state(guard, now_).met;
      if (!lacks->second) continue;
      for (const auto resource : policy_.rules[rule].resources) {
        if (found.size() >= kMaxResources) return found;
        found.insert(resource);
      }
    }
    return found;
  }

  /// False also when too much was looked at already.
  bool opens(const PolicyResource& resource) {
    if (turns_ >= kMaxTurns) return false;
    const auto services = services_of(resource);
    const auto addresses = addresses_of(resource);
    return std::any_of(addresses.begin(), addresses.end(), [&](const IpAddress& address) {
      return std::any_of(services.begin(), services.end(),
                         [&](ServiceKey service) { return turns(destination_of(address, service)); });
    });
  }

 private:
  static Destination destination_of(const IpAddress& address, ServiceKey service) {
    Destination destination;
    destination.address = address;
    destination.protocol = static_cast<std::uint8_t>(service >> 16U);
    destination.port = static_cast<std::uint16_t>(service & 0xffffU);
    if (!address.is_v4() && destination.protocol == kProtocolIcmp) destination.protocol = kProtocolIcmpV6;
    return destination;
  }

  bool turns(const Destination& destination) {
    return ++turns_ <= kMaxTurns && rights_.judge(destination, now_).verdict == Verdict::Deny &&
           after_->judge(destination, now_).verdict == Verdict::Allow;
  }

  /// Where a proof would let anything through at all: the ends of each piece that the resource's prefixes have of that.
  std::vector<IpAddress> addresses_of(const PolicyResource& resource) const {
    std::vector<IpAddress> addresses;
    const auto prefixes = std::span{resource.prefixes}.first(std::min(resource.prefixes.size(), kMaxPrefixes));
    for (const auto& prefix : prefixes) add_open_ends(prefix, addresses);
    return addresses;
  }

  void add_open_ends(const IpPrefix& prefix, std::vector<IpAddress>& addresses) const {
    // Ranges are sorted and disjoint, IPv4 before IPv6 as addresses are.
    auto range = std::lower_bound(routes_->begin(), routes_->end(), prefix.first(),
                                  [](const IpRange& each, const IpAddress& first) { return each.last < first; });
    for (; range != routes_->end() && range->first <= prefix.last() && addresses.size() < kMaxAddresses; ++range) {
      const auto first = std::max(range->first, prefix.first());
      const auto last = std::min(range->last, prefix.last());
      addresses.push_back(first);
      if (first != last) addresses.push_back(last);
    }
  }

  static std::vector<ServiceKey> services_of(const PolicyResource& resource) {
    std::vector<ServiceKey> services;
    for (const auto& range : resource.services) {
      if (services.size() >= kMaxServices) break;
      services.push_back(range.first);
      if (range.last != range.first) services.push_back(range.last);
    }
    return services;
  }

  const ResolvedPolicy& policy_;
  const Rights& rights_;
  std::shared_ptr<const Rights> after_;
  Routes routes_;
  WallTime now_;
  std::size_t turns_ = 0;
};

/// Guards of allow rules in reach that name `proof_age`.
template <class Visit>
void for_each_proof_guard(const Policy& policy, const Rights& rights, Visit visit) {
  for (const auto index : rights.table()->guards()) {
    const auto& guard = policy.resolved().guards[index];
    if (guard.kind == RuleKind::Allow && guard.proof_age) visit(guard);
  }
}

}  // namespace

bool asks_for_proof(const Policy& policy, const Rights& rights) {
  bool asks = false;
  for_each_proof_guard(policy, rights, [&asks](const Guard& /*guard*/) { asks = true; });
  return asks;
}

std::vector<std::string> waits_for_proof(const Policy& policy, const Rights& rights, const Evidence& evidence,
                                         WallTime now) {
  if (!asks_for_proof(policy, rights)) return {};
  const auto& resources = policy.resolved().document.resources;
  ProofTrial trial{policy, rights, evidence, now};
  std::vector<std::string> names;
  for (const auto index : trial.candidates(evidence)) {
    if (trial.opens(resources[index])) names.push_back(resources[index].name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

WallTime proof_holds_until(const Policy& policy, const Rights& rights, WallTime proved) {
  WallTime until = kNever;
  for_each_proof_guard(policy, rights, [&](const Guard& guard) { until = std::min(until, proved + *guard.proof_age); });
  return until;
}

}  // namespace sallyport
