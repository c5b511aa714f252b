#include "common/tls/tls_error.hpp"

namespace sallyport {

std::string_view to_string(TlsFault fault) noexcept {
  switch (fault) {
    case TlsFault::Closed:
      return "closed";
    case TlsFault::PeerAlert:
      return "peer_alert";
    case TlsFault::PeerCertificate:
      return "peer_certificate";
    case TlsFault::Protocol:
      return "protocol";
    case TlsFault::ControlFlood:
      return "control_flood";
    case TlsFault::OutboxFull:
      return "outbox_full";
    case TlsFault::WrongState:
      return "wrong_state";
    case TlsFault::OwnKey:
      return "own_key";
    case TlsFault::Setup:
      return "setup";
    case TlsFault::Library:
      return "library";
  }
  return "library";
}

std::string_view describe_alert(std::uint8_t alert) noexcept {
  switch (alert) {
    case 0:
      return "close_notify";
    case 10:
      return "unexpected_message";
    case 20:
      return "bad_record_mac";
    case 22:
      return "record_overflow";
    case 40:
      return "handshake_failure";
    case 42:
      return "bad_certificate";
    case 43:
      return "unsupported_certificate";
    case 44:
      return "certificate_revoked";
    case 45:
      return "certificate_expired";
    case 46:
      return "certificate_unknown";
    case 47:
      return "illegal_parameter";
    case 48:
      return "unknown_ca";
    case 49:
      return "access_denied";
    case 50:
      return "decode_error";
    case 51:
      return "decrypt_error";
    case 70:
      return "protocol_version";
    case 71:
      return "insufficient_security";
    case 80:
      return "internal_error";
    case 90:
      return "user_canceled";
    case 109:
      return "missing_extension";
    case 110:
      return "unsupported_extension";
    case 112:
      return "unrecognized_name";
    case 116:
      return "certificate_required";
    case 120:
      return "no_application_protocol";
    default:
      return "unknown alert";
  }
}

}  // namespace sallyport
