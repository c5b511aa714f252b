#include "server/gateway/policy_activation.hpp"

#include "server/policy/lost_access.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace sallyport {
namespace {

/// Who is expected at a start: so many devices share few tables.
constexpr std::size_t kExpected = 1000;
/// A table of more rules takes as long as a start may be held up by all of them: 10,000 took 23 ms.
constexpr std::size_t kMostRules = 10'000;

}  // namespace

PolicyActivation::PolicyActivation(Snapshot& snapshot, const ControlBooks& books, WorkerOrders& orders,
                                   RightsShelf& shelf, PolicyStart start)
    : snapshot_{snapshot},
      clock_{books.clock},
      registry_{books.registry},
      journal_{books.journal},
      log_{books.log},
      orders_{orders},
      shelf_{shelf},
      policies_{std::move(start), PolicyStore{snapshot.config.policy_history()}, policy_hooks(), books.log} {}

/// Whoever comes first after a start would wait for the compiler, and others behind them. What their certificate shows
/// when they come decides as ever: this is the work done ahead, and its result is looked up by what the rules say.
void PolicyActivation::expect(const std::vector<DeviceRecord>& devices) {
  const Policy& policy = *snapshot_.policy.policy;
  if (policy.rules().size() > kMostRules) return;
  const WallTime now = clock_.now().wall;
  for (const auto& device : std::span{devices}.first(std::min(kExpected, devices.size()))) {
    if (shelf_.is_full()) return;
    if (device.state != DeviceState::Active || device.user_disabled) continue;
    const auto rights = policy.rights_for(
        {.user = device.user, .device = device.id, .certificate_expires = device.not_after, .key_proved = now}, now);
    // Nothing would hold it, and each further device would have it compiled anew.
    if (rights->table()->size() > RightsShelf::kUsual) return;
    (void)rights->routes(now);
    shelf_.keep(rights->table());
  }
}

void PolicyActivation::measure(std::shared_ptr<const Policy> candidate, std::function<void(PolicyImpact)> when_done) {
  auto ready = rights_of_all(*candidate);
  auto losing = losing_by(candidate);
  orders_.measure(std::move(candidate), std::move(ready), std::move(losing), std::move(when_done));
}

void PolicyActivation::note_asked(std::optional<TimePoint> asked) {
  if (!policies_.is_changing()) policy_asked_ = asked.value_or(clock_.now().steady);
}

PolicyHooks PolicyActivation::policy_hooks() {
  return {.now = [this] { return clock_.now(); },
          .measure =
              [this](std::shared_ptr<const Policy> candidate, std::function<void(PolicyImpact)> when_done) {
                measure(std::move(candidate), std::move(when_done));
              },
          .put_in_force = [this](const LoadedPolicy& policy,
                                 std::function<void()> when_done) { use_policy(policy, std::move(when_done)); },
          .audit = [this](AuditRecord audit) { return journal_.record(std::move(audit)); }};
}

void PolicyActivation::use_policy(const LoadedPolicy& policy, std::function<void()> when_done) {
  // Taking a large policy apart is not the workers' work either: it goes here, once none of them judges by it.
  auto old = std::exchange(snapshot_.policy, policy);
  shelf_.clear();
  log_.event(Level::Notice, "policy.loaded", "the policy is in force",
             {{"policy", snapshot_.policy.policy->hash()}, {"rules", snapshot_.policy.policy->rules().size()}});
  const auto ticket = orders_.open([when_done = std::move(when_done), old = std::move(old)](Ticket) { when_done(); });
  orders_.tell(command::ReplacePolicy{ticket, snapshot_.policy.policy, rights_of_all(*snapshot_.policy.policy),
                                      std::exchange(policy_asked_, std::nullopt)});
}

/// A command that came to nothing is not what a later change is measured from.
void PolicyActivation::handle_timeout() {
  if (!policies_.is_changing()) policy_asked_.reset();
  policies_.handle_timeout();
}

/// Compiled here, with the routes that sessions are told, so that no worker stands still for it; each distinct table
/// once.
std::vector<std::shared_ptr<const Rights>> PolicyActivation::rights_of_all(const Policy& policy) {
  std::vector<std::shared_ptr<const Rights>> all;
  std::unordered_set<const RightsTable*> seen;
  const WallTime now = clock_.now().wall;
  registry_.for_each([&](const SessionRegistry::Entry& entry) {
    auto rights = policy.rights_for(entry.evidence, now);
    if (!seen.insert(rights->table().get()).second) return;
    (void)rights->routes(now);
    all.push_back(std::move(rights));
  });
  return all;
}

std::shared_ptr<const std::unordered_set<SessionId>> PolicyActivation::losing_by(
    std::shared_ptr<const Policy> candidate) {
  auto losing = std::make_shared<std::unordered_set<SessionId>>();
  LostAccess lost{snapshot_.policy.policy, std::move(candidate), clock_.now().wall};
  registry_.for_each([&](const SessionRegistry::Entry& entry) {
    if (!entry.grant.own_policy && lost.by(entry.evidence)) losing->insert(entry.grant.id);
  });
  return losing;
}

}  // namespace sallyport
