#pragma once

#include "common/base/bytes.hpp"

#include <array>
#include <cstddef>

namespace sallyport {

/// Of TCP acknowledgements of one flow that come together keeps the last, which says what those before it said (RFC
/// 3449 section 5.2.1).
///
/// While the connection outside repairs a loss everything waits, and then comes at once. A sender inside takes a row of
/// late answers for a queue on its way and ends its slow start for good (HyStart, which asks for nine of them): at 40
/// ms and 1 % of loss with a tenth of what the path takes. Of those that come together the last is the least late.
class AckFilter {
 public:
  /// True: held, and what was held before is forgotten. False: it is something else than an acknowledgement, or says
  /// more or less than that.
  [[nodiscard]] bool hold(Bytes packet) noexcept;

  [[nodiscard]] bool is_empty() const noexcept { return size_ == 0; }
  /// Whether `packet` is of the same addresses and ports as what is held. Requires !is_empty().
  [[nodiscard]] bool is_of_flow(Bytes packet) const noexcept;
  /// Requires !is_empty().
  [[nodiscard]] Bytes held() const noexcept { return Bytes{room_}.first(size_); }
  void clear() noexcept { size_ = 0; }

 private:
  /// IPv6, TCP and its timestamps.
  static constexpr std::size_t kLargest = 40 + 20 + 12;

  std::array<std::byte, kLargest> room_{};
  std::size_t size_ = 0;
};

}  // namespace sallyport
