#pragma once

#include <cstddef>
#include <unordered_map>

namespace sallyport {

/// Counts who is here, all together and by what they have in common, so that neither exceeds its bound.
template <class Key>
class Crowd {
 public:
  Crowd(std::size_t most, std::size_t most_of_one) noexcept : most_{most}, most_of_one_{most_of_one} {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool is_full() const noexcept { return size_ >= most_; }
  [[nodiscard]] bool is_full_of(const Key& key) const {
    const auto found = of_.find(key);
    return found != of_.end() && found->second >= most_of_one_;
  }
  [[nodiscard]] bool has(const Key& key) const { return of_.contains(key); }
  /// False, and nothing is counted, when either bound is reached.
  [[nodiscard]] bool enter(const Key& key) {
    if (is_full() || most_of_one_ == 0 || is_full_of(key)) return false;
    ++of_[key];
    ++size_;
    return true;
  }
  /// Requires that enter() said yes once more often than leave() was called.
  void leave(const Key& key) {
    const auto found = of_.find(key);
    if (--found->second == 0) of_.erase(found);
    --size_;
  }

 private:
  std::size_t most_;
  std::size_t most_of_one_;
  std::size_t size_ = 0;
  std::unordered_map<Key, std::size_t> of_;
};

}  // namespace sallyport
