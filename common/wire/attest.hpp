#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/wire/capsule_error.hpp"
#include "common/wire/posture_wants.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport {

inline constexpr std::size_t kAttestNonceSize = 32;
inline constexpr std::size_t kChannelValueSize = 32;
using AttestNonce = std::array<std::byte, kAttestNonceSize>;
/// What TLS exports for this connection alone under kAttestExporterLabel, with an empty context (RFC 9846 7.5).
using ChannelValue = std::array<std::byte, kChannelValueSize>;
inline constexpr std::string_view kAttestExporterLabel = "EXPORTER-sallyport-attestation";

/// "Show that the device key is still there"; docs/protocol.md section 11. Gateway to client.
struct AttestChallenge {
  AttestNonce nonce{};
  std::uint64_t session = 0;
  PostureWants wants{};  ///< what the posture report is to speak of beside what it always does
  friend bool operator==(const AttestChallenge&, const AttestChallenge&) = default;
};

/// Client to gateway.
struct AttestAnswer {
  AttestNonce nonce{};  ///< of the challenge it answers
  std::string body;     ///< JSON; signed octet by octet
  ByteBuffer signature;
  bool cannot_sign = false;  ///< the device key is out of reach now: no body, no signature
  friend bool operator==(const AttestAnswer&, const AttestAnswer&) = default;
};

/// Refuses a gateway that asks for more than kMaxPostureWants names, or for what is no process name or plain path.
[[nodiscard]] Result<AttestChallenge, CapsuleError> parse_attest_challenge(Bytes value);
/// The body is text of any kind: it means nothing before the signature was verified.
[[nodiscard]] Result<AttestAnswer, CapsuleError> parse_attest_answer(Bytes value);
void append_attest_challenge(ByteBuffer& out, const AttestChallenge& challenge);
void append_attest_answer(ByteBuffer& out, const AttestAnswer& answer);

/// What the device key signs: label, channel, nonce and session have fixed sizes, so that no two different answers
/// sign the same octets.
[[nodiscard]] ByteBuffer attestation_message(const ChannelValue& channel, const AttestChallenge& challenge,
                                             std::string_view body);

}  // namespace sallyport
