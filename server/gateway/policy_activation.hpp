#pragma once

#include "server/gateway/control_books.hpp"
#include "server/gateway/policy_versions.hpp"
#include "server/gateway/rights_shelf.hpp"
#include "server/gateway/worker_orders.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

namespace sallyport {

/// Brings a policy in force on every worker, with what it means for each session compiled ahead, and says before what
/// it would do.
class PolicyActivation {
 public:
  /// All outlive this. `snapshot` is that of the books: its policy is written here alone.
  PolicyActivation(Snapshot& snapshot, const ControlBooks& books, WorkerOrders& orders, RightsShelf& shelf,
                   PolicyStart start);

  /// Whoever of `devices` comes first after a start finds the work done.
  void expect(const std::vector<DeviceRecord>& devices);
  /// What `candidate` would do to the live sessions if it were in force. Changes nothing.
  void measure(std::shared_ptr<const Policy> candidate, std::function<void(PolicyImpact)> when_done);
  /// Somebody asks for another policy, at this moment or at `asked`: its effect is measured from there.
  void note_asked(std::optional<TimePoint> asked = {});
  /// Call it every second.
  void handle_timeout();

  [[nodiscard]] PolicyVersions& versions() noexcept { return policies_; }
  [[nodiscard]] const PolicyVersions& versions() const noexcept { return policies_; }

 private:
  [[nodiscard]] PolicyHooks policy_hooks();
  void use_policy(const LoadedPolicy& policy, std::function<void()> when_done);
  [[nodiscard]] std::vector<std::shared_ptr<const Rights>> rights_of_all(const Policy& policy);
  [[nodiscard]] std::shared_ptr<const std::unordered_set<SessionId>> losing_by(std::shared_ptr<const Policy> candidate);

  Snapshot& snapshot_;
  const ControlClock& clock_;
  const SessionRegistry& registry_;
  AuditJournal& journal_;
  Log& log_;
  WorkerOrders& orders_;
  RightsShelf& shelf_;  ///< of the policy in force
  std::optional<TimePoint> policy_asked_;
  PolicyVersions policies_;
};

}  // namespace sallyport
