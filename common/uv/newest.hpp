#pragma once

#include "common/uv/async.hpp"
#include "common/uv/loop.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace sallyport {

/// A value from any thread to the loop's thread, of which only the newest counts: one that was not taken yet is dropped
/// for the next. So there is always room. Lives as Async does: no put() after its end.
template <class T>
class Newest {
 public:
  /// `on_value` runs on the loop's thread and may not destroy the Newest.
  Newest(Loop& loop, std::function<void(T&&)> on_value)
      : on_value_{std::move(on_value)}, wake_{loop, [this] { deliver(); }} {}

  /// From any thread.
  void put(T value) {
    {
      const std::lock_guard lock{mutex_};
      waiting_ = std::move(value);
    }
    wake_.send();
  }

 private:
  void deliver() {
    std::optional<T> value;
    {
      const std::lock_guard lock{mutex_};
      value.swap(waiting_);
    }
    if (value) on_value_(std::move(*value));
  }

  const std::function<void(T&&)> on_value_;
  std::mutex mutex_;
  std::optional<T> waiting_;
  Async wake_;
};

}  // namespace sallyport
