#pragma once

#include "client/daemon/gateway_connection.hpp"
#include "common/uv/loop.hpp"
#include "common/uv/poll.hpp"
#include "common/uv/timer.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace sallyport {

/// A connection that another one took over from: for a while what was on its way still comes, and what waited in it
/// goes. Lives on one loop's thread.
class PreviousConnection {
 public:
  /// As long as the gateway waits for what was sent on the older connection.
  static constexpr std::chrono::seconds kHandOverTime{3};

  /// `receive`: its socket can be read. `on_end`: it is closed and about to go.
  PreviousConnection(Loop& loop, std::function<void(GatewayConnection&)> receive,
                     std::function<void(const GatewayConnection&)> on_end);

  /// The one before, if it is still there, ends.
  void begin(std::unique_ptr<GatewayConnection> connection);
  void end();
  /// Null: there is none any more.
  [[nodiscard]] const GatewayConnection* connection() const noexcept { return connection_.get(); }

 private:
  void advance(bool readable);

  Loop& loop_;
  std::function<void(GatewayConnection&)> receive_;
  std::function<void(const GatewayConnection&)> on_end_;
  Timer end_;
  std::unique_ptr<GatewayConnection> connection_;
  std::optional<Poll> poll_;  ///< destroyed before the connection
};

}  // namespace sallyport
