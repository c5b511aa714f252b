#pragma once

#include "common/base/bytes.hpp"

#include <algorithm>

namespace sallyport {

/// Ciphertext on its way into the library: borrowed while that is safe, kept when the lender needs its buffer back.
class Inbox {
 public:
  /// `bytes` stays borrowed until take() has returned all of it or keep() was called.
  void lend(Bytes bytes) {
    keep();
    borrowed_ = bytes;
  }

  /// Copies what fits; 0 when there is nothing.
  [[nodiscard]] std::size_t take(MutableBytes out) {
    Bytes source = has_kept() ? Bytes{kept_}.subspan(kept_taken_) : borrowed_;
    const std::size_t count = std::min(source.size(), out.size());
    std::copy_n(source.begin(), count, out.begin());
    if (!has_kept()) {
      borrowed_ = borrowed_.subspan(count);
    } else if ((kept_taken_ += count) == kept_.size()) {
      kept_ = ByteBuffer{};
      kept_taken_ = 0;
    }
    return count;
  }

  /// Copies what is still borrowed and gives the buffer back.
  void keep() {
    append(kept_, borrowed_);
    borrowed_ = {};
  }

  void drop() noexcept {
    borrowed_ = {};
    kept_.clear();
    kept_taken_ = 0;
  }

 private:
  [[nodiscard]] bool has_kept() const noexcept { return kept_taken_ < kept_.size(); }

  Bytes borrowed_;
  ByteBuffer kept_;  ///< older than what is borrowed
  std::size_t kept_taken_ = 0;
};

}  // namespace sallyport
