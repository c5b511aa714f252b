#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/wire/capsule_error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport {

/// A code that a person typed to show that they are there; docs/protocol.md section 12. Stands in the signed body of an
/// ATTEST answer. Secret until it was judged: never written to a log, a record or an error.
struct ProofAttempt {
  std::string method;  ///< "totp"
  std::string code;
  friend bool operator==(const ProofAttempt&, const ProofAttempt&) = default;
};
inline constexpr std::size_t kMaxProofMethod = 16;
inline constexpr std::size_t kMaxProofCode = 128;
/// 1 to kMaxProofMethod of a-z, 0-9 and '_', with a code of 1 to kMaxProofCode printable ASCII characters.
[[nodiscard]] bool is_well_formed(const ProofAttempt& attempt) noexcept;

/// The names of the places that a proof would open, at most kMaxProofPlaces. Gateway to client.
struct ProofWaiting {
  std::vector<std::string> places;
  std::uint64_t left_off = 0;  ///< more places than those
  friend bool operator==(const ProofWaiting&, const ProofWaiting&) = default;
};
inline constexpr std::size_t kMaxProofPlaces = 64;

/// What a code came to. Gateway to client.
struct ProofVerdict {
  std::string verdict;                        ///< "accepted"; see the table of the section
  std::string words;                          ///< for the employee
  std::optional<WallTime> until{};            ///< of "accepted"
  std::optional<std::uint64_t> tries_left{};  ///< of "wrong_code"
  std::optional<std::uint64_t> seconds{};     ///< of "wait"
  friend bool operator==(const ProofVerdict&, const ProofVerdict&) = default;
};

/// A kind this release does not know: to be ignored.
struct UnknownProofMessage {
  friend bool operator==(const UnknownProofMessage&, const UnknownProofMessage&) = default;
};
using ProofMessage = std::variant<ProofWaiting, ProofVerdict, UnknownProofMessage>;

/// Of the gateway. Texts come out escaped, lists cut.
[[nodiscard]] Result<ProofMessage, CapsuleError> parse_proof_message(Bytes value);
/// Of the client: true when it wants to be asked, false for a wish of a later release.
[[nodiscard]] Result<bool, CapsuleError> parse_proof_request(Bytes value);

void append_proof_request(ByteBuffer& out);
/// Requires at most kMaxProofPlaces.
void append_proof_waiting(ByteBuffer& out, const ProofWaiting& waiting);
void append_proof_verdict(ByteBuffer& out, const ProofVerdict& verdict);

/// `body` of an ATTEST answer, a JSON object, with `attempt` in it. Requires is_well_formed().
[[nodiscard]] std::string with_proof(std::string_view body, const ProofAttempt& attempt);

}  // namespace sallyport
