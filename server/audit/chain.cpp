#include "server/audit/chain.hpp"

#include "common/base/hex.hpp"

#include <algorithm>
#include <charconv>

namespace sallyport {
namespace {

constexpr std::size_t kDigestDigits = 64;
constexpr std::size_t kKeyIdDigits = 16;
constexpr std::size_t kSignatureDigits = 128;
constexpr std::string_view kStatementLabel = "sallyport-audit-head-1";

/// Takes the parts of a line one after the other.
class Parts {
 public:
  explicit Parts(std::string_view text) noexcept : rest_{text} {}

  bool skip(std::string_view expected) noexcept {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  /// Decimal without leading zeros.
  std::optional<std::uint64_t> number() noexcept {
    std::uint64_t value = 0;
    const auto read = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    const auto size = static_cast<std::size_t>(read.ptr - rest_.data());
    if (read.ec != std::errc{} || (size > 1 && rest_.front() == '0')) return std::nullopt;
    rest_.remove_prefix(size);
    return value;
  }
  /// Lower-case hexadecimal.
  std::optional<ByteBuffer> hex(std::size_t digits) {
    const auto text = rest_.substr(0, digits);
    const bool is_lower = std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'F'; });
    auto octets = text.size() == digits && is_lower ? from_hex(text) : std::nullopt;
    if (octets) rest_.remove_prefix(digits);
    return octets;
  }
  /// Up to the next quote; nullopt when there is none, or something that no name holds before it.
  std::optional<std::string_view> word() noexcept {
    const auto end = rest_.find('"');
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    const auto text = rest_.substr(0, end);
    const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == ':' ||
             c == '.' || c == '_';
    });
    if (!is_plain) return std::nullopt;
    rest_.remove_prefix(end + 1);
    return text;
  }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace

std::optional<ChainedLine> parse_chained_line(std::string_view line) noexcept {
  Parts parts{line};
  ChainedLine parsed;
  if (!parts.skip("{\"seq\":")) return std::nullopt;
  const auto sequence = parts.number();
  if (!sequence || *sequence == 0 || !parts.skip(",\"prev\":\"")) return std::nullopt;
  const auto previous = parts.hex(kDigestDigits);
  if (!previous || !parts.skip("\",\"time\":\"")) return std::nullopt;
  const auto time = parts.word();
  if (!time || !parts.skip(",\"event\":\"")) return std::nullopt;
  const auto event = parts.word();
  if (!event || !line.ends_with('}')) return std::nullopt;
  parsed.sequence = *sequence;
  std::copy(previous->begin(), previous->end(), parsed.previous.begin());
  parsed.time = *time;
  parsed.event = *event;
  parsed.rest = parts.rest();
  return parsed;
}

Result<Sha256Digest, PkiError> digest_of_line(std::string_view line) { return sha256(as_bytes(line)); }

Result<std::string, PkiError> chain_line(ChainEnd& end, std::string_view object) {
  std::string line = "{\"seq\":" + std::to_string(end.sequence + 1) + ",\"prev\":\"" + to_hex(end.digest) + "\"," +
                     std::string{object.substr(1)};
  const auto digest = digest_of_line(std::string_view{line}.substr(0, line.size() - 1));
  if (!digest) return fail(digest.error());
  end = {end.sequence + 1, *digest};
  return line;
}

std::string head_statement(std::uint64_t sequence, const Sha256Digest& previous, std::string_view time) {
  std::string text{kStatementLabel};
  text.append("\n").append(std::to_string(sequence)).append("\n").append(to_hex(previous)).append("\n");
  return text.append(time).append("\n");
}

Result<std::string, PkiError> audit_key_id(const PublicKey& key) {
  const auto digest = sha256(key.der());
  if (!digest) return fail(digest.error());
  return to_hex(*digest).substr(0, kKeyIdDigits);
}

std::optional<HeadSignature> parse_head(const ChainedLine& line) {
  Parts parts{line.rest};
  if (line.event != kHeadEvent || !parts.skip(",\"key\":\"")) return std::nullopt;
  const auto id = parts.hex(kKeyIdDigits);
  if (!id || !parts.skip("\",\"signature\":\"")) return std::nullopt;
  auto signature = parts.hex(kSignatureDigits);
  if (!signature || parts.rest() != "\"}") return std::nullopt;
  return HeadSignature{to_hex(*id), std::move(*signature)};
}

bool is_signed_by(const ChainedLine& line, const HeadSignature& head, const PublicKey& key) {
  const auto statement = head_statement(line.sequence, line.previous, line.time);
  return key.kind() == KeyKind::Ed25519 && key.verify(SignatureAlgorithm::Ed25519, as_bytes(statement), head.signature);
}

}  // namespace sallyport
