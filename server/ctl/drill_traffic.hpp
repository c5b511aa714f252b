#pragma once

#include "common/base/file_descriptor.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/ip/address.hpp"
#include "server/ctl/drill_client.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>

namespace sallyport {

/// The far end of a drill: a UDP socket at the gateway's own inside address.
struct DrillTarget {
  FileDescriptor socket;
  IpAddress address;
  std::uint16_t port = 0;

  /// The error is words.
  [[nodiscard]] static Result<DrillTarget, std::string> open(const IpAddress& address);
};

/// What a drill's packets came to.
struct DrillFigures {
  std::uint64_t sent = 0;
  std::uint64_t arrived = 0;
  std::optional<TimePoint> last_arrival{};
  std::optional<TimePoint> closed{};  ///< the session
  std::string reason{};               ///< for which, in the gateway's word
};

/// Sends a packet a millisecond through the tunnel and looks what arrives, on a thread of its own.
class DrillTraffic {
 public:
  /// `target` outlives this.
  DrillTraffic(DrillClient client, const DrillTarget& target, const IpAddress& source);
  ~DrillTraffic();
  DrillTraffic(const DrillTraffic&) = delete;
  DrillTraffic& operator=(const DrillTraffic&) = delete;

  [[nodiscard]] std::uint64_t arrived() const noexcept { return arrived_; }
  [[nodiscard]] bool is_closed() const noexcept { return is_closed_; }
  /// Ends the thread.
  [[nodiscard]] DrillFigures stop();

 private:
  void run();
  void send_due(TimePoint now);
  void take_arrivals();

  DrillClient client_;
  const DrillTarget& target_;
  IpAddress source_;
  DrillFigures figures_;
  TimePoint next_send_{};
  std::atomic<std::uint64_t> arrived_{0};
  std::atomic<bool> is_closed_{false};
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

}  // namespace sallyport
