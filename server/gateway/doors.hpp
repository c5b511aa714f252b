#pragma once

#include "server/gateway/admission_gate.hpp"
#include "server/gateway/est_service.hpp"
#include "server/gateway/gateway_tally.hpp"
#include "server/gateway/handshake_threads.hpp"
#include "server/gateway/refusal_desk.hpp"
#include "server/gateway/snapshot.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sallyport {

/// Where connections come in: the threads that take them through TLS, and the one that is asked for certificates. What
/// comes of a connection goes on to the control thread, which opens the doors and closes them.
class Doors {
 public:
  /// The ways to the control thread.
  struct Ways {
    AdmissionGate& admissions;
    RefusalDesk& refusals;
    GatewayTally& tally;
    RefusalDesk::Post post;
  };

  /// All outlive this.
  Doors(const Snapshot& snapshot, const ControlClock& clock, Ways ways);
  ~Doors() { close(); }
  Doors(const Doors&) = delete;
  Doors& operator=(const Doors&) = delete;

  /// Sockets that listen at all of these places. The error is one line for the administrator.
  [[nodiscard]] static Result<std::vector<FileDescriptor>, std::string> listen(const std::vector<Endpoint>& places);

  /// First that for certificates, which the other hands connections on to.
  [[nodiscard]] Result<void, std::string> open_enrolment();
  /// `sessions_wait`: whether live sessions wait for a processor; called on the handshake threads.
  void open_handshakes(std::vector<FileDescriptor> listeners, std::function<bool(TimePoint)> sessions_wait);
  [[nodiscard]] std::size_t handshake_threads() const noexcept { return handshakes_ ? handshakes_->size() : 0; }

  // Nothing happens where they are closed.

  /// They prove themselves with the trust in force from here on, and hold others against it.
  void show_trust();
  /// The whole answer to what was asked under this number.
  void answer(std::uint64_t id, ByteBuffer bytes);
  /// As that of HandshakeThreads.
  void give_back(const IpAddress& source, CountedAs counted_as);
  /// Final: no handshake begins any more.
  void stop_handshakes();
  /// Final: nobody who comes is accepted any more, wherever that is.
  void stop_accepting();
  /// Waits for the threads: what they have to say is on its way then.
  void close();

 private:
  [[nodiscard]] HandshakeService::Handlers handlers(std::function<bool(TimePoint)> sessions_wait);
  bool await_admission(VerifiedConnection&& verified);
  bool await_certificate(EstAsked&& asked);

  const Snapshot& snapshot_;
  const ControlClock& clock_;
  const Ways ways_;
  std::unique_ptr<EstService> est_;
  std::unique_ptr<HandshakeThreads> handshakes_;
};

}  // namespace sallyport
