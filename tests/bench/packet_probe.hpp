#pragma once

#include "tests/support/live_worker.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>

namespace sallyport::test {

/// The longest of each kind in a stretch of time, in milliseconds.
struct Waits {
  double gap = 0;       ///< between two packets that arrive in the office
  double sender = 0;    ///< until the sender ran when a packet was due: nothing of the gateway's
  double gateway = 0;   ///< from sending a packet until the gateway has written it to its interface
  double receiver = 0;  ///< until the receiver took what had arrived: nothing of the gateway's
  std::size_t packets = 0;
};

/// Packets at an even pace from a laptop to the office, each with the time it was sent. The kernel says when the
/// gateway has written it, so that a sender or receiver that runs late is told from a gateway that does.
class PacketProbe {
 public:
  static constexpr std::chrono::microseconds kPace{250};

  /// `client` stays borrowed, and is the probe's alone. To 10.20.0.1, port 7.
  explicit PacketProbe(LiveClient& client);
  ~PacketProbe();
  PacketProbe(const PacketProbe&) = delete;
  PacketProbe& operator=(const PacketProbe&) = delete;

  /// Of the time in which `work` runs.
  template <class Work>
  Waits during(Work work) {
    (void)take();
    work();
    return take();
  }

 private:
  /// Nanoseconds of the steady clock, and those that two threads may note at once.
  using Longest = std::atomic<std::int64_t>;

  void send();
  void receive();
  void note_arrival(std::int64_t sent, std::int64_t arrived, std::int64_t taken);
  Waits take() noexcept;

  LiveClient& client_;
  FileDescriptor socket_;
  const std::int64_t wall_ahead_;  ///< what the wall clock shows more than the steady clock
  std::atomic<bool> over_{false};
  std::atomic<std::size_t> packets_{0};
  Longest gap_{0};
  Longest sender_late_{0};
  Longest gateway_{0};
  Longest receiver_late_{0};
  std::int64_t last_ = 0;  ///< arrival; the receiver's alone
  std::thread sender_;
  std::thread receiver_;
};

}  // namespace sallyport::test
