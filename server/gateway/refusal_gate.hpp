#pragma once

#include "common/ip/address.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace sallyport {

/// The way of refusals to the control thread: so few wait for it one by one that admissions always find room beside
/// them; what comes above that arrives as counts. From any thread.
class RefusalGate {
 public:
  static constexpr std::size_t kMostWaiting = 1024;

  struct Refusal {
    std::string event;   ///< as it is recorded
    std::string reason;  ///< a stable name
    auto operator<=>(const Refusal&) const = default;
  };
  struct Counted {
    Refusal refusal;
    IpAddress source;  ///< of the last one
    std::uint64_t count = 0;
  };

  /// True: it may be told one by one, and leave() is due when it has arrived or could not be sent. False: it was
  /// counted.
  [[nodiscard]] bool enter(const Refusal& refusal, const IpAddress& source) {
    const std::lock_guard lock{mutex_};
    if (waiting_ < kMostWaiting) return ++waiting_, true;
    add(refusal, source);
    return false;
  }
  void leave() {
    const std::lock_guard lock{mutex_};
    --waiting_;
  }
  /// It could not be sent after all.
  void leave_counted(const Refusal& refusal, const IpAddress& source) {
    const std::lock_guard lock{mutex_};
    --waiting_;
    add(refusal, source);
  }
  /// Those since the last call.
  [[nodiscard]] std::vector<Counted> take() {
    const std::lock_guard lock{mutex_};
    std::vector<Counted> list;
    for (auto& [refusal, counted] : counted_) list.push_back({refusal, counted.first, counted.second});
    counted_.clear();
    return list;
  }

 private:
  void add(const Refusal& refusal, const IpAddress& source) {
    auto& counted = counted_[refusal];
    counted.first = source;
    ++counted.second;
  }

  std::mutex mutex_;
  std::size_t waiting_ = 0;
  std::map<Refusal, std::pair<IpAddress, std::uint64_t>> counted_;  ///< as many as there are reasons
};

}  // namespace sallyport
