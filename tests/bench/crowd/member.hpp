#pragma once

#include "client/daemon/gateway_connection.hpp"
#include "client/session/reconnect.hpp"
#include "common/uv/loop.hpp"
#include "common/uv/poll.hpp"
#include "tests/bench/crowd/crowd_devices.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace sallyport {

/// What all members of a crowd share.
struct CrowdPlace {
  IpAddress gateway;
  std::uint16_t port = 0;
  std::string name;  ///< of the gateway
};

/// One laptop of a crowd: connects as sallyportd does, with the same TLS, session and patience, answers what it is
/// asked, and comes back when it was lost. It has no interface: packets are put into it and come out of it.
class Member {
 public:
  /// What it tells the crowd. Called within its own calls.
  struct Listener {
    std::function<void(Member&)> online;
    std::function<void(Member&, const std::string& reason)> lost;
    std::function<void(Member&)> routes;
    std::function<void(Member&, Bytes packet)> packet;
    std::function<void(Member&)> due;  ///< next_due() may be earlier than before
  };
  struct Scratch {
    ByteBuffer ciphertext;
    ByteBuffer plaintext;
    QueueHome queues{.pool = {}, .key = random_flow_key()};
  };

  Member(std::uint32_t number, const CrowdDevice& device, const CrowdPlace& place, const IpAddress& source, Loop& loop,
         Scratch& scratch, const Listener& listener);

  /// Connects when it is next asked what is due, and again whenever that fails.
  void go();
  /// Ends its connection and stays away.
  void leave();
  void handle_timeout(Now now);
  [[nodiscard]] TimePoint next_due() const;

  /// A packet from the inside; false: it is not online.
  bool send(Bytes packet);

  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  [[nodiscard]] bool is_online() const noexcept { return is_online_; }
  [[nodiscard]] const IpAddress& address() const noexcept { return address_; }
  [[nodiscard]] std::uint64_t attempts() const noexcept { return attempts_; }

 private:
  void connect(Now now);
  void on_socket(bool readable);
  void settle();
  void take_events();
  void answer(const AttestChallenge& challenge);
  void lose(const std::string& reason, Reconnect::Outcome outcome, std::chrono::seconds return_within, Now now);
  void drop();

  const std::uint32_t number_;
  const CrowdDevice& device_;
  const CrowdPlace& place_;
  const IpAddress source_;
  Loop& loop_;
  Scratch& scratch_;
  const Listener& listener_;
  Reconnect reconnect_;
  std::optional<GatewayConnection> connection_;
  std::optional<Poll> poll_;  ///< destroyed before the socket of the connection
  std::optional<TimePoint> retry_;
  IpAddress address_;
  bool is_online_ = false;
  std::uint64_t attempts_ = 0;
};

}  // namespace sallyport
