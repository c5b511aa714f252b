#pragma once

#include "common/base/file_descriptor.hpp"
#include "common/base/time.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace sallyport {

/// A service of the office: sends every UDP packet back to whom it came from, on a thread of its own, and notes how
/// many came and the longest time between two of them, by the kernel's clock.
class Sink {
 public:
  Sink(const std::string& address, std::uint16_t port);
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  void reset() noexcept;
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }
  [[nodiscard]] Duration largest_gap() const noexcept { return Duration{largest_gap_}; }

 private:
  void serve();
  void note(std::int64_t arrived) noexcept;

  FileDescriptor socket_;
  std::atomic<bool> over_{false};
  std::atomic<std::uint64_t> received_{0};
  std::atomic<std::int64_t> largest_gap_{0};
  std::atomic<std::int64_t> last_{0};  ///< arrival; 0: none yet
  std::thread thread_;
};

}  // namespace sallyport
