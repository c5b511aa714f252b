#pragma once

#include "common/pki/pki_error.hpp"
#include "common/tls/certificate_refusal.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

enum class TlsFault : std::uint8_t {
  Closed,           ///< the peer said goodbye (close_notify); everything it sent was delivered
  PeerAlert,        ///< the peer sent a fatal alert: see `alert`
  PeerCertificate,  ///< the peer's certificate was refused: see `refusal`
  Protocol,         ///< the peer broke TLS, or speaks no TLS 1.3 that we accept
  ControlFlood,     ///< too many records without data (KeyUpdate flood)
  OutboxFull,       ///< more ciphertext than kMaxOutbox is waiting: the caller ignored back-pressure
  WrongState,       ///< used before the handshake was done, or after an error
  OwnKey,           ///< our key is elsewhere and did not sign: see `key_problem`
  Setup,            ///< certificate, key or trust cannot be used
  Library,          ///< wolfSSL failed for a reason of its own (memory, randomness)
};
[[nodiscard]] std::string_view to_string(TlsFault fault) noexcept;
/// The name RFC 9846 section 6 gives an alert.
[[nodiscard]] std::string_view describe_alert(std::uint8_t alert) noexcept;

/// Every TlsError ends the engine that returned it; what is in the outbox (an alert, perhaps) is still to be sent.
struct TlsError {
  TlsFault fault;
  std::optional<CertificateRefusal> refusal;  ///< set when fault is PeerCertificate
  std::optional<std::uint8_t> alert;          ///< set when fault is PeerAlert: RFC 9846 section 6
  std::string words;
  std::optional<PkiProblem> key_problem{};  ///< set when fault is OwnKey
};
[[nodiscard]] inline const std::string& to_string(const TlsError& error) noexcept { return error.words; }

}  // namespace sallyport
