#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/wire/extensions.hpp"
#include "common/wire/http_head.hpp"
#include "common/wire/problem.hpp"
#include "common/wire/upgrade_error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// A CONNECT-IP request over HTTP/1.1 (RFC 9484 section 4.2), in the one form docs/protocol.md section 2 allows.
struct UpgradeRequest {
  std::string host;  ///< as sent in Host
  Extensions extensions;
  friend bool operator==(const UpgradeRequest&, const UpgradeRequest&) = default;
};

class UpgradeRequestParser {
 public:
  /// Nullopt: wants more. Octets after the head are an error, in this call and in any later one. An error is final.
  [[nodiscard]] Result<std::optional<UpgradeRequest>, UpgradeError> feed(Bytes bytes);

 private:
  HeadCollector head_;
  std::optional<UpgradeError> error_;
  bool is_done_ = false;
};

/// The gateway's last answer to the request.
struct UpgradeResponse {
  unsigned status = 0;  ///< 101: accepted
  Extensions extensions;
  std::optional<Problem> problem;  ///< of a refusal that explains itself

  [[nodiscard]] bool is_accepted() const noexcept { return status == 101; }
  friend bool operator==(const UpgradeResponse&, const UpgradeResponse&) = default;
};

/// A problem document longer than this is not read.
inline constexpr std::size_t kMaxProblemSize = 8192;
inline constexpr unsigned kMaxInterimAnswers = 4;

class UpgradeResponseParser {
 public:
  /// Nullopt: wants more. After an accepted answer rest() is what follows it. An error is final.
  [[nodiscard]] Result<std::optional<UpgradeResponse>, UpgradeError> feed(Bytes bytes);

  /// The stream ended: a refusal whose document is cut counts without it, anything less is an error.
  [[nodiscard]] Result<UpgradeResponse, UpgradeError> finish();

  /// Capsules behind the answer, borrowed from the last fed bytes.
  [[nodiscard]] Bytes rest() const noexcept { return rest_; }

 private:
  using Outcome = Result<std::optional<UpgradeResponse>, UpgradeError>;
  Outcome take_heads(Bytes& bytes);
  Outcome take_head(const HttpHead& head);
  Outcome take_body(Bytes& bytes);

  HeadCollector head_;
  unsigned interim_ = 0;
  std::optional<UpgradeResponse> refusal_;  ///< its document is on the way
  std::size_t body_size_ = 0;
  ByteBuffer body_;
  Bytes rest_;
  std::optional<UpgradeError> error_;
};

/// A host with optional port that may stand in Host: letters, digits, "-._:[]", at most 255 characters.
[[nodiscard]] bool is_authority(std::string_view text) noexcept;

/// Requires is_authority(authority).
void append_upgrade_request(ByteBuffer& out, std::string_view authority, Extensions extensions);
/// The 101; `extensions` are those that both sides know.
void append_upgrade_accepted(ByteBuffer& out, Extensions extensions);
/// Status, fields and document; the sender closes afterwards.
void append_refusal(ByteBuffer& out, const Problem& problem);
/// The same with these fields beside those that describe the document, each with its line end.
void append_refusal(ByteBuffer& out, const Problem& problem, std::string_view fields);

}  // namespace sallyport
