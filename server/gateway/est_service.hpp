#pragma once

#include "common/tls/context.hpp"
#include "common/uv/loop_thread.hpp"
#include "common/uv/mailbox.hpp"
#include "common/uv/poll.hpp"
#include "common/uv/timer.hpp"
#include "common/wire/est.hpp"
#include "server/gateway/crowd.hpp"
#include "server/gateway/est_message.hpp"
#include "server/gateway/source_limiter.hpp"
#include "server/gateway/token_bucket.hpp"
#include "server/gateway/verified_connection.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace sallyport {

/// Enrolling is rare: what is over these is somebody who tries things.
struct EstLimits {
  SourceLimits source{.per_second = 5, .burst = 20};
  double per_second = 50;  ///< new connections of all sources together
  double burst = 100;
  std::size_t connections = 64;                  ///< of peers that TLS does not know
  std::size_t per_source = 8;                    ///< of those
  std::size_t renewals = 64;                     ///< of devices that TLS has verified: no stranger takes their places
  std::size_t per_device = 8;                    ///< of those
  std::size_t per_certificate = 2;               ///< of those: an older one of a device keeps it from nothing
  Duration handshake = std::chrono::seconds{3};  ///< of its own, because a handshake that stands still costs nothing
  Duration silence = std::chrono::seconds{2};    ///< of a stranger, from the handshake or the last octet to the next
  /// Who came on no further for this long gives its place to one who comes.
  Duration idle = std::chrono::milliseconds{500};
  Duration deadline = std::chrono::seconds{10};  ///< from the first octet to the last of the answer
};

/// What the door for devices without a certificate proves itself with, and what it hands to anybody.
struct EstDoor {
  std::shared_ptr<const OpenServerContext> context;
  ByteBuffer authorities;  ///< a certs-only message
};

/// Serves EST on a thread of its own, one request a connection: first enrolments on listeners of its own, renewals on
/// connections that the handshake service has verified. It decides nothing: whoever owns the store answers.
class EstService {
 public:
  /// Both are called on this service's thread. `on_asked` returns false when nobody can take the question.
  struct Handlers {
    std::function<bool(EstAsked&&)> on_asked;
    std::function<void(EstRefused&&)> on_refused;
  };

  /// `listeners` are bound, listening and non-blocking; there may be none.
  EstService(std::vector<FileDescriptor> listeners, EstDoor door, EstLimits limits, Handlers handlers);
  ~EstService();
  EstService(const EstService&) = delete;
  EstService& operator=(const EstService&) = delete;

  void start() { thread_.start(); }

  // From any thread.

  /// A connection whose peer is verified and asked for something that is no tunnel. False: too many wait.
  [[nodiscard]] bool take_over(VerifiedConnection&& verified) { return inbox_.post(Message{std::move(verified)}); }
  /// The whole answer to what was asked under this number.
  void answer(std::uint64_t id, ByteBuffer bytes) { inbox_.push(Message{Answer{id, std::move(bytes)}}); }
  /// New connections use it.
  void replace_door(EstDoor door) { inbox_.push(Message{std::move(door)}); }
  /// Final: no connection is accepted after this thread's current turn.
  void stop_accepting() { inbox_.push(Message{EstDoor{}}); }

 private:
  struct Guest;
  struct Answer {
    std::uint64_t id;
    ByteBuffer bytes;
  };
  using Message = std::variant<VerifiedConnection, Answer, EstDoor>;

  void take(VerifiedConnection& verified);
  void take(Answer& answer);
  void take(EstDoor& door);
  void on_listener(int fd);
  bool accept_one(int fd);
  void welcome(std::unique_ptr<Guest> guest, Bytes early);
  bool admit(const Guest& guest);
  bool give_place(const Guest& guest);
  [[nodiscard]] bool is_rival(const Guest& guest, const Guest& newcomer) const;
  void make_room(const Guest& newcomer);
  void pause_accepting(bool is_paused);
  void on_ready(Guest& guest);
  bool shake(Guest& guest);
  bool read(Guest& guest);
  bool hear(Guest& guest, Bytes plaintext);
  void note_progress(Guest& guest);
  void judge(Guest& guest, EstRequest request);
  void refuse(Guest& guest, EstError error);
  void refuse_expired(Guest& guest);
  void respond(Guest& guest, Bytes answer);
  void settle(Guest& guest);
  void note(const Guest& guest, std::string reason, std::string words);
  void erase(std::uint64_t id);
  void on_tick();

  LoopThread thread_;
  std::vector<FileDescriptor> listeners_;
  std::vector<Poll> listener_polls_;
  EstDoor door_;
  EstLimits limits_;
  Handlers handlers_;
  SourceLimiter limiter_;
  TokenBucket all_sources_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Guest>> guests_;
  Crowd<IpAddress> strangers_;  ///< by source
  Crowd<DeviceId> known_;
  Crowd<std::string> certificates_;  ///< of known_
  std::uint64_t next_id_ = 1;
  ByteBuffer scratch_;
  ByteBuffer plaintext_;
  Timer tick_;
  Mailbox<Message> inbox_;
};

}  // namespace sallyport
