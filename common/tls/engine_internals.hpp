#pragma once

#include "common/base/bytes.hpp"
#include "common/tls/engine.hpp"
#include "common/tls/inbox.hpp"
#include "common/tls/peer_check.hpp"
#include "common/tls/record_counter.hpp"
#include "common/tls/remote_signer.hpp"

#include <optional>

struct WOLFSSL;

namespace sallyport {

/// What the library's callbacks work on. Its address is known to the library: it never moves.
struct Engine::Internals {
  Internals(PeerCheck peer_check, ByteBuffer& out) : check{std::move(peer_check)}, outbox{out} {}

  /// Never 0, on which the library spins: what there is, WANT_READ, or an error.
  static int on_receive(WOLFSSL* session, char* buffer, int size, void* internals);
  /// Takes everything or fails: a partial or postponed write makes the library seal the same plaintext twice.
  static int on_send(WOLFSSL* session, char* buffer, int size, void* internals);

  void start_counting() noexcept {
    counting = true;
    records_seen = counter.completed();
  }
  /// Called after every read of the session; `has_data`: it returned one record's plaintext.
  std::uint64_t silent_records(bool has_data) noexcept;

  PeerCheck check;
  std::optional<RemoteSigner> signer;  ///< when our key is elsewhere
  ByteBuffer& outbox;
  Inbox inbox;
  RecordCounter counter;
  bool counting = false;
  std::uint64_t records_seen = 0;  ///< completed records already attributed
  std::uint64_t silent = 0;
  bool outbox_full = false;
  bool flooded = false;
};

}  // namespace sallyport
