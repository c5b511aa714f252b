#pragma once

#include "common/base/result.hpp"
#include "common/pki/pki_error.hpp"
#include "common/pki/private_key.hpp"
#include "common/pki/sha256.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// Where a chain of audit lines stands: the number of its last line, and that line's digest, which the next one begins
/// with. Zeros: there is none yet.
struct ChainEnd {
  std::uint64_t sequence = 0;
  Sha256Digest digest{};

  friend bool operator==(const ChainEnd&, const ChainEnd&) = default;
};

/// What every line of the audit file begins with (docs/audit.md section 1). Borrows from the line.
struct ChainedLine {
  std::uint64_t sequence = 0;
  Sha256Digest previous{};
  std::string_view time;
  std::string_view event;
  std::string_view rest;  ///< from behind the event to the end
};
/// Of a line without its line feed; nullopt when it does not begin exactly so.
[[nodiscard]] std::optional<ChainedLine> parse_chained_line(std::string_view line) noexcept;

/// Makes the next line of a record: `object` is a JSON object and a line end that begins with "time". `end` moves on.
[[nodiscard]] Result<std::string, PkiError> chain_line(ChainEnd& end, std::string_view object);
/// Of a line without its line feed.
[[nodiscard]] Result<Sha256Digest, PkiError> digest_of_line(std::string_view line);

inline constexpr std::string_view kHeadEvent = "audit.head";

/// The text whose signature a head is (docs/audit.md section 2).
[[nodiscard]] std::string head_statement(std::uint64_t sequence, const Sha256Digest& previous, std::string_view time);
/// By which heads name their key: 16 hexadecimal digits.
[[nodiscard]] Result<std::string, PkiError> audit_key_id(const PublicKey& key);

/// What a head says beside its place in the chain.
struct HeadSignature {
  std::string key_id;
  ByteBuffer signature;
};
/// Nullopt when the line is no head, or not exactly as heads are written.
[[nodiscard]] std::optional<HeadSignature> parse_head(const ChainedLine& line);
[[nodiscard]] bool is_signed_by(const ChainedLine& line, const HeadSignature& head, const PublicKey& key);

}  // namespace sallyport
