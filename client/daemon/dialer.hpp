#pragma once

#include "client/session/path_limits.hpp"
#include "common/base/file_descriptor.hpp"
#include "common/base/result.hpp"
#include "common/base/system_error.hpp"
#include "common/ip/address.hpp"
#include "common/uv/loop.hpp"
#include "common/uv/poll.hpp"
#include "common/uv/timer.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// Connects to whichever of several addresses answers first. The next one is tried when the one before has not
/// answered within a moment (RFC 8305 section 5): a broken address family costs a blink, not a timeout.
class Dialer {
 public:
  struct Connected {
    FileDescriptor socket;  ///< non-blocking, tuned for a tunnel, marked to keep out of it
    OuterPath path;
    Result<bool, SystemError> congestion;  ///< of begin_congestion()
  };
  struct Failure {
    std::string words;
    bool is_absent = false;  ///< nobody listens: each address said so at once
  };
  /// Called once, never from the constructor; may destroy the Dialer.
  using Callback = std::function<void(Result<Connected, Failure>)>;

  /// `addresses` is not empty; `limits` stays for as long as this does; `congestion` is the control of the connection.
  Dialer(Loop& loop, const PathLimits& limits, std::vector<IpAddress> addresses, std::uint16_t port,
         std::string congestion, Callback on_done);

 private:
  struct Attempt {
    FileDescriptor socket;
    OuterPath path;
    Result<bool, SystemError> congestion;
    std::optional<Poll> poll;  ///< destroyed before the socket
  };

  void advance();
  void await_next();
  /// False: failed at once; why is noted.
  [[nodiscard]] bool start(const IpAddress& address);
  void on_answer(Attempt& attempt);
  void note(const IpAddress& address, int code);
  void finish(Result<Connected, Failure> result);
  void fail_if_hopeless();

  Loop& loop_;
  const PathLimits& limits_;
  std::vector<IpAddress> addresses_;
  std::uint16_t port_;
  std::string congestion_;
  Callback on_done_;
  std::size_t next_ = 0;
  std::vector<std::unique_ptr<Attempt>> attempts_;
  std::string reasons_;
  bool is_absent_ = true;  ///< as far as is known
  Timer stagger_;
  Timer deadline_;
};

}  // namespace sallyport
