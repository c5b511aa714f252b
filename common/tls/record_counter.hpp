#pragma once

#include "common/base/bytes.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace sallyport {

/// Counts whole TLS records in a stream by their headers: type, version, 16 bits of length.
class RecordCounter {
 public:
  void count(Bytes bytes) noexcept {
    while (!bytes.empty()) {
      if (header_size_ < header_.size()) {
        header_[header_size_++] = bytes[0];
        bytes = bytes.subspan(1);
        if (header_size_ == header_.size()) body_left_ = load_be16(Bytes{header_}.subspan(3));
      } else {
        const std::size_t count = std::min(body_left_, bytes.size());
        body_left_ -= count;
        bytes = bytes.subspan(count);
      }
      if (header_size_ == header_.size() && body_left_ == 0) {
        ++completed_;
        header_size_ = 0;
      }
    }
  }

  [[nodiscard]] std::uint64_t completed() const noexcept { return completed_; }

 private:
  std::array<std::byte, 5> header_{};
  std::size_t header_size_ = 0;
  std::size_t body_left_ = 0;
  std::uint64_t completed_ = 0;
};

}  // namespace sallyport
