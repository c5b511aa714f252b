#pragma once

#include "common/base/time.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sallyport {

/// When each of many keys is due: a heap that knows where every key is in it, so that all calls but next() cost the
/// logarithm of their number. Whoever owns a key calls bring_forward() whenever it may be due earlier than before, and
/// calculates anew when it is taken: what moves later needs no call. Pure.
template <class Key>
class DeadlineQueue {
 public:
  /// `key` is due then, or before, where it was due earlier already.
  void bring_forward(const Key& key, TimePoint due) {
    const auto [place, is_new] = places_.try_emplace(key, heap_.size());
    if (is_new)
      heap_.push_back({due, key, &place->second});
    else if (due < heap_[place->second].due)
      heap_[place->second].due = due;
    else
      return;
    rise(place->second);
  }

  void erase(const Key& key) {
    const auto found = places_.find(key);
    if (found != places_.end()) remove(found->second);
  }

  /// Of the earliest key; TimePoint::max(): there is none.
  [[nodiscard]] TimePoint next() const noexcept { return heap_.empty() ? TimePoint::max() : heap_.front().due; }

  /// Takes the earliest key out, if it is due.
  [[nodiscard]] std::optional<Key> take_due(TimePoint now) {
    if (heap_.empty() || heap_.front().due > now) return std::nullopt;
    const Key key = heap_.front().key;
    remove(0);
    return key;
  }

  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

 private:
  struct Entry {
    TimePoint due;
    Key key;
    std::size_t* place;  ///< in places_, which keeps it where it is
  };

  void put(std::size_t at, Entry&& entry) {
    *entry.place = at;
    heap_[at] = std::move(entry);
  }

  void rise(std::size_t at) {
    Entry entry = std::move(heap_[at]);
    while (at != 0) {
      const std::size_t parent = (at - 1) / 2;
      if (heap_[parent].due <= entry.due) break;
      put(at, std::move(heap_[parent]));
      at = parent;
    }
    put(at, std::move(entry));
  }

  void sink(std::size_t at) {
    Entry entry = std::move(heap_[at]);
    while (true) {
      std::size_t child = 2 * at + 1;
      if (child >= heap_.size()) break;
      if (child + 1 < heap_.size() && heap_[child + 1].due < heap_[child].due) ++child;
      if (entry.due <= heap_[child].due) break;
      put(at, std::move(heap_[child]));
      at = child;
    }
    put(at, std::move(entry));
  }

  void remove(std::size_t at) {
    places_.erase(heap_[at].key);
    const std::size_t last = heap_.size() - 1;
    if (at != last) put(at, std::move(heap_[last]));
    heap_.pop_back();
    if (at == last) return;
    rise(at);
    sink(at);
  }

  std::vector<Entry> heap_;
  std::unordered_map<Key, std::size_t> places_;
};

}  // namespace sallyport
