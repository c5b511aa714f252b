#pragma once

#include "server/flow/flow_key.hpp"
#include "server/session/decision_event.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

namespace sallyport {

/// What let in the flows whose ends are reported: by the end, a newer policy may be in force. Bounded. Pure.
class FlowOrigins {
 public:
  /// More than a session has flows: only entries whose end was lost can fill it.
  static constexpr std::size_t kMost = 8192;

  void remember(const FlowKey& key, const Policy& policy, RuleIndex rule) {
    if (!newest_ || newest_rule_ != rule || newest_->policy != policy.hash()) {
      newest_ = std::make_shared<const FlowOrigin>(FlowOrigin{reference_to(policy, rule), policy.hash()});
      newest_rule_ = rule;
    }
    if (origins_.size() >= kMost) origins_.erase(origins_.begin());
    origins_[place_of(key)] = newest_;
  }
  /// Forgets it too. Null: it was never told.
  [[nodiscard]] std::shared_ptr<const FlowOrigin> take(const FlowKey& key) {
    auto node = origins_.extract(place_of(key));
    return node.empty() ? nullptr : std::move(node.mapped());
  }
  [[nodiscard]] std::size_t size() const noexcept { return origins_.size(); }

 private:
  using Place = std::pair<Destination, std::uint16_t>;
  static Place place_of(const FlowKey& key) { return {key.destination(), key.client_port}; }

  std::map<Place, std::shared_ptr<const FlowOrigin>> origins_;
  std::shared_ptr<const FlowOrigin> newest_;  ///< shared by the flows of one rule
  RuleIndex newest_rule_ = kNoRule;
};

}  // namespace sallyport
