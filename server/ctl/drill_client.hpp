#pragma once

#include "common/base/file_descriptor.hpp"
#include "common/base/result.hpp"
#include "common/ip/address.hpp"
#include "common/tls/context.hpp"
#include "common/tls/engine.hpp"
#include "common/wire/capsule.hpp"
#include "common/wire/upgrade.hpp"
#include "server/config/gateway_config.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// Why a drill's client is not connected.
struct DrillFailure {
  bool is_refused = false;  ///< the gateway said no; otherwise nobody knows what it would have said
  std::string words;
};

/// The plainest client of a gateway: one tunnel that sends packets. For drills alone. One thread.
class DrillClient {
 public:
  /// Connects to where the gateway listens, from this host, and waits for addresses; some seconds at most.
  [[nodiscard]] static Result<DrillClient, DrillFailure> connect(const GatewayConfig& config,
                                                                 const ClientContext& context);

  /// The inside address of that family.
  [[nodiscard]] std::optional<IpAddress> address(bool v4) const;
  /// Drops the packet when the socket takes no more. Nothing once it is closed.
  void send(Bytes packet);
  /// Takes what the gateway sent, without waiting.
  void receive();
  /// Nothing passes any more: the gateway closed, said that it ends the session, or the connection broke.
  [[nodiscard]] bool is_closed() const noexcept { return failure_.has_value(); }
  /// The gateway's reason for closing; empty: it gave none.
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
  [[nodiscard]] int fd() const noexcept { return socket_.get(); }

 private:
  DrillClient(FileDescriptor socket, std::unique_ptr<Engine> engine);
  [[nodiscard]] bool is_online() const noexcept { return !addresses_.empty(); }
  void advance();
  void read_all();
  void take(Bytes plaintext);
  void take_capsules();
  void take(const Capsule& capsule);
  void flush();
  void finish(bool is_refused, std::string words);
  void finish(const TlsError& error);

  FileDescriptor socket_;
  std::unique_ptr<Engine> engine_;
  bool is_established_ = false;
  bool is_upgraded_ = false;
  UpgradeResponseParser response_;
  CapsuleReader capsules_;
  std::vector<IpAddress> addresses_;
  ByteBuffer scratch_;
  ByteBuffer plaintext_;
  ByteBuffer outgoing_;
  std::size_t sent_ = 0;
  std::string authority_;
  std::string reason_;
  std::optional<DrillFailure> failure_;
};

}  // namespace sallyport
