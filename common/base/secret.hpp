#pragma once

#include <cstddef>
#include <string_view>

namespace sallyport {

/// A short secret, such as a PIN, in memory of its own: locked against swapping as far as the system allows, left out
/// of core files, wiped when it goes.
class Secret {
 public:
  static constexpr std::size_t kMaxSize = 256;

  Secret() noexcept = default;
  /// Copies at most kMaxSize octets; empty when there is no memory.
  explicit Secret(std::string_view text) noexcept;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  /// As long as this object lives and is not moved from.
  [[nodiscard]] std::string_view text() const noexcept { return {data_, size_}; }
  [[nodiscard]] Secret clone() const noexcept { return Secret{text()}; }

 private:
  void release() noexcept;

  char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace sallyport
