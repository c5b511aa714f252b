#pragma once

#include "common/uv/async.hpp"
#include "common/uv/loop.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace sallyport {

/// A bounded queue from any thread to the loop's thread, in order. Lives as Async does: no post() after its end.
template <class T>
class Mailbox {
 public:
  /// `on_item` runs on the loop's thread, `after_batch` once after the items of one wake-up; neither may destroy the
  /// Mailbox.
  Mailbox(Loop& loop, std::size_t capacity, std::function<void(T&&)> on_item, std::function<void()> after_batch = {})
      : capacity_{capacity}, on_item_{std::move(on_item)}, after_batch_{std::move(after_batch)}, wake_{loop, [this] {
                                                                                                         deliver();
                                                                                                       }} {}

  /// From any thread. False when `capacity` items wait: `item` is then untouched.
  [[nodiscard]] bool post(T&& item) { return put(std::move(item), capacity_); }

  /// From any thread, whatever waits: for items that must arrive and whose number something else bounds. Two threads
  /// that tell each other such things never wait for one another.
  void push(T&& item) { (void)put(std::move(item), SIZE_MAX); }

  /// What waits is delivered now: for whoever ends and expects no further turn of the loop. Only on the loop's thread,
  /// not from `on_item`.
  void deliver() {
    {
      const std::lock_guard lock{mutex_};
      delivering_.swap(waiting_);
    }
    if (delivering_.empty()) return;
    for (auto& item : delivering_) on_item_(std::move(item));
    delivering_.clear();
    if (after_batch_) after_batch_();
  }

 private:
  bool put(T&& item, std::size_t capacity) {
    {
      const std::lock_guard lock{mutex_};
      if (waiting_.size() >= capacity) return false;
      waiting_.push_back(std::move(item));
      if (waiting_.size() > 1) return true;
    }
    wake_.send();
    return true;
  }

  const std::size_t capacity_;
  const std::function<void(T&&)> on_item_;
  const std::function<void()> after_batch_;
  std::mutex mutex_;
  std::vector<T> waiting_;
  std::vector<T> delivering_;  ///< only on the loop's thread; the two swap, so a steady flow does not allocate
  Async wake_;
};

}  // namespace sallyport
