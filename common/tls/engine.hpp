#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/tls/context.hpp"
#include "common/tls/device_identity.hpp"
#include "common/tls/tls_error.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct WOLFSSL;

namespace sallyport {

/// Hard bound of ciphertext waiting in one outbox. Callers keep far below it: reaching it ends the engine.
inline constexpr std::size_t kMaxOutbox = 2U << 20U;
/// Records without data (KeyUpdate) that may follow each other before any data arrives.
inline constexpr unsigned kMaxSilentRecords = 64;

/// TLS 1.3 over memory: ciphertext in by feed(), ciphertext out by outbox(). No socket, no clock.
/// Used by one thread at a time; it may move between threads between calls. After any error only outbox() and
/// the accessors may be used.
class Engine {
 public:
  /// The context may go away afterwards. Dates are judged at `now`.
  [[nodiscard]] static Result<std::unique_ptr<Engine>, TlsError> accept(const ServerContext& context, WallTime now);
  /// `server_name`: the host name or IP address the gateway's certificate must carry; a host name is also sent as SNI.
  [[nodiscard]] static Result<std::unique_ptr<Engine>, TlsError> connect(const ClientContext& context,
                                                                         const std::string& server_name, WallTime now);
  /// For a peer without a certificate: peer() names nobody afterwards.
  [[nodiscard]] static Result<std::unique_ptr<Engine>, TlsError> accept_anybody(const OpenServerContext& context,
                                                                                WallTime now);
  /// connect() for one who has no certificate to show.
  [[nodiscard]] static Result<std::unique_ptr<Engine>, TlsError> visit(const VisitorContext& context,
                                                                       const std::string& server_name, WallTime now);
  /// Whoever answers may be at the other end, and peer() names nobody.
  [[nodiscard]] static Result<std::unique_ptr<Engine>, TlsError> connect_blindly(const BlindContext& context,
                                                                                 const std::string& server_name,
                                                                                 WallTime now);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Lends ciphertext to the engine. It stays borrowed until handshake() or read() wants more; once handshake() has
  /// returned true nothing is borrowed: octets behind the handshake are kept inside for read().
  void feed(Bytes ciphertext);

  /// For an engine that was made ahead: dates are judged at `now`. Before the first feed().
  void judge_at(WallTime now) noexcept;

  /// Its records are sealed and opened by wolfSSL, also where something faster is there: for whoever compares both.
  /// Before the first handshake().
  void use_wolfssl_alone() noexcept;

  /// True when done, false when it wants more. Call connect()'s engine once before the first feed() to get its hello.
  [[nodiscard]] Result<bool, TlsError> handshake();

  /// Plaintext; 0 = wants more. One call returns at most one record (16 KiB): call until 0 after every feed().
  /// May add to the outbox (answers to KeyUpdate).
  [[nodiscard]] Result<std::size_t, TlsError> read(MutableBytes plaintext);

  /// The same for as many records as are there and fit, one behind the other; an error is told once all plaintext in
  /// front of it has been taken.
  [[nodiscard]] Result<std::size_t, TlsError> read_all(MutableBytes plaintext);

  /// Seals all of `plaintext` into the outbox, in records of 16 KiB.
  [[nodiscard]] Result<void, TlsError> write(Bytes plaintext);

  /// Ciphertext to send. The caller takes from the front and clear()s; capacity is kept for the next turn.
  [[nodiscard]] ByteBuffer& outbox() noexcept { return outbox_; }
  [[nodiscard]] const ByteBuffer& outbox() const noexcept { return outbox_; }

  /// Queues close_notify; nothing may be written afterwards.
  void close();

  /// New sending keys; asks the peer to do the same.
  [[nodiscard]] Result<void, TlsError> update_keys();

  [[nodiscard]] bool is_established() const noexcept { return state_ == State::Established; }
  /// Requires a finished handshake.
  [[nodiscard]] const PeerIdentity& peer() const noexcept;
  /// Gives back what only peer() and export_keying_material() need: afterwards the one names nobody, the other fails.
  void forget_handshake() noexcept;
  /// "X25519MLKEM768"; empty before the handshake is done.
  [[nodiscard]] std::string group() const;
  [[nodiscard]] std::string cipher_suite() const;
  /// Records the peer sent since the handshake that carried no data: its KeyUpdates. TLS hides them otherwise, so a
  /// caller with a clock bounds their rate by this counter (16 a minute).
  [[nodiscard]] std::uint64_t silent_records() const noexcept { return silent_records_; }

  /// RFC 9846 section 7.5, bound to this connection; equal on both sides, unchanged by KeyUpdate.
  [[nodiscard]] Result<void, TlsError> export_keying_material(std::string_view label, Bytes context,
                                                              MutableBytes out) const;

  struct Internals;  ///< for common/tls alone

 private:
  enum class State : std::uint8_t { Handshake, Established, Closed, Failed };

  Engine(const Context& context, std::string name, WallTime now);
  [[nodiscard]] static Result<std::unique_ptr<Engine>, TlsError> connect_by(const Context& context,
                                                                            const std::string& server_name,
                                                                            WallTime now);
  [[nodiscard]] Result<void, TlsError> open(const Context& context);
  [[nodiscard]] int negotiate();
  [[nodiscard]] Result<bool, TlsError> finish_handshake();
  [[nodiscard]] bool has_judged_peer() const noexcept;
  [[nodiscard]] TlsError fail_with(int library_error);

  struct Free {
    void operator()(WOLFSSL* session) const noexcept;
  };
  friend struct Internals;

  State state_ = State::Handshake;
  ByteBuffer outbox_;
  std::unique_ptr<Internals> internals_;
  std::unique_ptr<WOLFSSL, Free> session_;  ///< destroyed first: its callbacks use the two above
  std::unique_ptr<const PeerIdentity> peer_;
  bool checks_peer_;
  bool awaits_certificate_ = false;  ///< the peer's flight that comes has it, as a rule
  std::uint64_t silent_records_ = 0;
  std::optional<TlsError> late_;  ///< of read_all(), to be told next time
};

}  // namespace sallyport
