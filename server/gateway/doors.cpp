#include "server/gateway/doors.hpp"

#include "server/gateway/listener.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

HandshakeLimits limits_of(const GatewayLimits& limits) {
  HandshakeLimits handshakes{.source = {.per_second = static_cast<double>(limits.handshakes_per_second_per_source),
                                        .burst = static_cast<double>(limits.burst)},
                             .half_open = limits.half_open};
  handshakes.stranger.per_second = std::min(handshakes.stranger.per_second, handshakes.source.per_second);
  handshakes.stranger.burst = std::min(handshakes.stranger.burst, handshakes.source.burst);
  return handshakes;
}

}  // namespace

Doors::Doors(const Snapshot& snapshot, const ControlClock& clock, Ways ways)
    : snapshot_{snapshot}, clock_{clock}, ways_{std::move(ways)} {}

Result<std::vector<FileDescriptor>, std::string> Doors::listen(const std::vector<Endpoint>& places) {
  std::vector<FileDescriptor> listeners;
  for (const auto& place : places) {
    auto listener = listen_on(place.address, place.port);
    if (!listener) return fail(listener.error().message);
    listeners.push_back(std::move(*listener));
  }
  return listeners;
}

/// Where nothing is given out, the service says so to whoever asks: a renewal must not be taken for a tunnel, which
/// would end the one that the device has.
Result<void, std::string> Doors::open_enrolment() {
  const auto& enrolment = snapshot_.trust.enrolment;
  auto listeners = listen(enrolment ? snapshot_.config.enrolment->listen : std::vector<Endpoint>{});
  if (!listeners) return fail(listeners.error());
  est_ = std::make_unique<EstService>(
      std::move(*listeners), enrolment ? enrolment->door : EstDoor{}, EstLimits{},
      EstService::Handlers{.on_asked = [this](EstAsked&& asked) { return await_certificate(std::move(asked)); },
                           .on_refused = [this](EstRefused&& refused) { ways_.refusals.post(std::move(refused)); }});
  est_->start();
  return {};
}

void Doors::open_handshakes(std::vector<FileDescriptor> listeners, std::function<bool(TimePoint)> sessions_wait) {
  handshakes_ =
      std::make_unique<HandshakeThreads>(snapshot_.config.threads.handshakes, std::move(listeners),
                                         TlsIdentity{snapshot_.trust.context, snapshot_.trust_generation},
                                         limits_of(snapshot_.config.limits), handlers(std::move(sessions_wait)));
  handshakes_->start();
}

HandshakeService::Handlers Doors::handlers(std::function<bool(TimePoint)> sessions_wait) {
  return {.on_verified =
              [this](VerifiedConnection&& verified) {
                ++ways_.tally.handshakes_for_session;
                return await_admission(std::move(verified));
              },
          .on_post =
              [this](VerifiedConnection&& verified) {
                ++ways_.tally.handshakes_for_certificate;
                return est_->take_over(std::move(verified));
              },
          .on_refused = [this](RefusedHandshake&& refused) { ways_.refusals.post(std::move(refused)); },
          .time_of = [this](Now now) { return clock_.at(now); },
          .room = [this] { return ways_.admissions.room(); },
          .sessions_wait = std::move(sessions_wait)};
}

/// On a handshake thread.
bool Doors::await_admission(VerifiedConnection&& verified) {
  if (!ways_.admissions.enter()) return false;
  ControlMessage message{std::move(verified)};
  if (ways_.post(std::move(message))) return true;
  ways_.admissions.leave();
  return false;
}

/// On the enrolment thread.
bool Doors::await_certificate(EstAsked&& asked) {
  ControlMessage message{std::move(asked)};
  return ways_.post(std::move(message));
}

void Doors::show_trust() {
  if (!handshakes_) return;
  handshakes_->replace_identity(TlsIdentity{snapshot_.trust.context, snapshot_.trust_generation});
  if (snapshot_.trust.enrolment) est_->replace_door(snapshot_.trust.enrolment->door);
}

void Doors::answer(std::uint64_t id, ByteBuffer bytes) {
  if (est_) est_->answer(id, std::move(bytes));
}

void Doors::give_back(const IpAddress& source, CountedAs counted_as) {
  if (handshakes_) handshakes_->give_back(source, counted_as, clock_.now().steady);
}

void Doors::stop_handshakes() {
  if (handshakes_) handshakes_->stop_accepting();
}

void Doors::stop_accepting() {
  stop_handshakes();
  if (est_) est_->stop_accepting();
}

void Doors::close() {
  handshakes_.reset();
  est_.reset();
}

}  // namespace sallyport
