#include "server/policy/proof_need.hpp"

#include "server/policy/resolved_policy.hpp"
#include "server/policy/services.hpp"
#include "server/policy/session_facts.hpp"

#include <algorithm>
#include <set>

namespace sallyport {
namespace {

/// Of each resource: so many addresses and services are asked about, whatever a policy looks like.
constexpr std::size_t kMaxAddresses = 64;
constexpr std::size_t kMaxServices = 16;

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

  bool opens(const PolicyResource& resource) const {
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

  bool turns(const Destination& destination) const {
    return rights_.judge(destination, now_).verdict == Verdict::Deny &&
           after_->judge(destination, now_).verdict == Verdict::Allow;
  }

  /// Where a proof would let anything through at all: the ends of each piece that the resource's prefixes have of that.
  std::vector<IpAddress> addresses_of(const PolicyResource& resource) const {
    std::vector<IpAddress> addresses;
    for (const auto& prefix : resource.prefixes) {
      for (const auto& range : *routes_) {
        if (addresses.size() >= kMaxAddresses) return addresses;
        if (range.first.version() != prefix.network().version()) continue;
        const auto first = std::max(range.first, prefix.first());
        const auto last = std::min(range.last, prefix.last());
        if (first > last) continue;
        addresses.push_back(first);
        if (first != last) addresses.push_back(last);
      }
    }
    return addresses;
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
  const auto& resolved = policy.resolved();
  const ProofTrial trial{policy, rights, evidence, now};
  std::set<std::uint32_t> candidates;
  for (const auto rule : SessionFacts{resolved, evidence}.applicable_rules()) {
    const auto& written = resolved.document.rules[rule];
    if (written.kind != RuleKind::Allow || written.rollout == Rollout::Shadow || !written.proof_age) continue;
    candidates.insert(resolved.rules[rule].resources.begin(), resolved.rules[rule].resources.end());
  }
  std::vector<std::string> names;
  for (const auto resource : candidates) {
    if (trial.opens(resolved.document.resources[resource])) names.push_back(resolved.document.resources[resource].name);
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
