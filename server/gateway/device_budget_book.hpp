#pragma once

#include "common/base/ids.hpp"
#include "server/session/record_budget.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <unordered_map>

namespace sallyport {

/// The budgets of every device that has used some of them: a reconnect does not fill them up. Only on the control
/// thread; what it hands out is used by the workers.
class DeviceBudgetBook {
 public:
  [[nodiscard]] std::shared_ptr<DeviceBudgets> of(const DeviceId& device, TimePoint now) {
    if (budgets_.size() >= sweep_at_) sweep(now);
    auto& budgets = budgets_[device];
    if (!budgets) budgets = std::make_shared<DeviceBudgets>();
    return budgets;
  }
  [[nodiscard]] std::size_t size() const noexcept { return budgets_.size(); }

 private:
  static constexpr std::size_t kFirstSweep = 1024;

  /// Forgets those that nobody uses and that would be the same if made anew.
  void sweep(TimePoint now) {
    std::erase_if(budgets_,
                  [now](const auto& each) { return each.second.use_count() == 1 && each.second->are_full(now); });
    sweep_at_ = std::max(kFirstSweep, budgets_.size() * 2);
  }

  std::unordered_map<DeviceId, std::shared_ptr<DeviceBudgets>> budgets_;
  std::size_t sweep_at_ = kFirstSweep;
};

}  // namespace sallyport
