#pragma once

#include "client/config/client_config.hpp"
#include "client/daemon/dialer.hpp"
#include "client/daemon/identity.hpp"
#include "client/daemon/tunnel_status.hpp"
#include "client/enrolment/est_exchange.hpp"
#include "client/session/renewal_pace.hpp"
#include "client/session/renewal_schedule.hpp"
#include "common/log/log.hpp"
#include "common/uv/blocking_thread.hpp"
#include "common/uv/timer.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace sallyport {

/// Gets this device's next certificate over connections of its own, by the one it has and with a new key, and puts the
/// new pair where the next load_identity() finds it. The tunnel goes on meanwhile. Lives on one loop's thread.
class Renewer {
 public:
  struct Listener {
    std::function<void()> on_renewed;  ///< the new pair is in place; may call anything but stop()'s caller
    std::function<void()> on_failed;   ///< see failure(); it is tried again while the device is online
    /// The key of the session that carries the tunnel, which may be another one than the newest; nullopt: none does.
    std::function<std::optional<PublicKey>()> carrying;
  };

  /// `tokens`, `key_thread` and `paths` outlive it; what a token does for it is done on that thread.
  Renewer(Loop& loop, Log& log, std::uint64_t seed, Tokens& tokens, BlockingThread& key_thread, const PathLimits& paths,
          Listener listener);

  /// The certificate that is in use from now on.
  void follow(const Profile& profile, const ClientIdentity& identity);
  /// The gateway is reached at these addresses: renews when it is time.
  void go_online(std::vector<IpAddress> addresses);
  void go_offline();
  /// The gateway asks for it: renews at a random moment within that time, while the device is online.
  void hurry(std::chrono::seconds within);
  /// Renews now, or as soon as the pace allows it.
  void begin(std::vector<IpAddress> addresses);
  /// Forgets the certificate and what is under way.
  void stop();

  /// Of the last attempt; nullopt after one that succeeded.
  [[nodiscard]] const std::optional<TunnelFailure>& failure() const noexcept { return failure_; }
  [[nodiscard]] std::optional<WallTime> due() const noexcept;
  /// The gateway sent a certificate that could not be put in place, not long ago: each that is asked for is one more
  /// that it has to keep account of. Requires a failure().
  [[nodiscard]] bool is_resting() const noexcept { return failure_ && loop_.now().steady < rests_until_; }

 private:
  /// What the device key's token, or this process, made for the next certificate.
  struct Prepared {
    DeviceKey key;
    ByteBuffer request;
  };
  /// What an attempt needs until its answer is in place.
  struct Attempt {
    ClientIdentity identity;
    std::vector<IpAddress> addresses;
    std::optional<BlockingThread::Call> preparing{};
    std::optional<Prepared> prepared{};
    std::optional<Dialer> dialer{};
    std::unique_ptr<EstExchange> exchange{};
    std::optional<Poll> poll{};  ///< destroyed before the exchange
  };

  void consider();
  void prepare();
  void dial(Prepared prepared);
  void converse(Dialer::Connected connected);
  void advance();
  void take(Result<std::optional<EstResponse>, EstFailure> outcome);
  void take(const EstResponse& response);
  [[nodiscard]] Result<void, TunnelFailure> install(const EstResponse& response);
  /// `was_issued`: the gateway gave a certificate for it.
  void fail_with(TunnelFailure failure, bool was_issued = false);

  Loop& loop_;
  Log& log_;
  const PathLimits& paths_;
  Tokens& tokens_;
  BlockingThread& key_thread_;
  Listener listener_;
  RenewalSchedule schedule_;
  RenewalPace pace_;
  Timer wake_;
  Timer deadline_;
  std::optional<Profile> profile_;
  std::vector<IpAddress> addresses_;
  bool is_online_ = false;
  bool is_asked_ = false;  ///< begin() waits for its turn
  std::optional<Attempt> attempt_;
  std::optional<TunnelFailure> failure_;
  TimePoint rests_until_ = TimePoint::min();
};

}  // namespace sallyport
