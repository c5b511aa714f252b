#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/wire/est_error.hpp"
#include "common/wire/http_head.hpp"
#include "common/wire/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// The three operations of EST (RFC 7030 section 3.2.2) that docs/protocol.md section 16 allows.
enum class EstOperation : std::uint8_t { CaCerts, Enroll, Reenroll };
[[nodiscard]] std::string_view path_of(EstOperation operation) noexcept;

/// HTTP Basic (RFC 7617). Both are printable ASCII.
struct EstCredentials {
  std::string user;   ///< may be empty
  std::string token;  ///< never empty
  friend bool operator==(const EstCredentials&, const EstCredentials&) = default;
};

struct EstRequest {
  EstOperation operation = EstOperation::CaCerts;
  std::optional<EstCredentials> credentials;  ///< none were sent, or nothing that we understand
  ByteBuffer csr;                             ///< what the body says it is: PKCS#10 in DER; empty for CaCerts
  friend bool operator==(const EstRequest&, const EstRequest&) = default;
};

inline constexpr std::size_t kMaxEstBody = 16U << 10U;
inline constexpr std::size_t kMaxEstUser = 254;
inline constexpr std::size_t kMaxEstToken = 128;

/// Reads one request, in the one form that section 16 allows.
class EstRequestParser {
 public:
  using Outcome = Result<std::optional<EstRequest>, EstError>;
  /// Nullopt: wants more. Octets behind the request are an error, in this call and in any later one. An error is final.
  [[nodiscard]] Outcome feed(Bytes bytes);

 private:
  [[nodiscard]] Outcome take(Bytes bytes);
  [[nodiscard]] Result<void, EstError> take_head(const HttpHead& head);

  HeadCollector collector_;
  std::optional<EstRequest> request_;  ///< once its head is whole
  std::size_t body_size_ = 0;
  std::string body_;
  std::optional<EstError> error_;
};

/// Requires is_authority(authority), and credentials as EstCredentials wants them.
void append_est_request(ByteBuffer& out, std::string_view authority, const EstRequest& request);

/// 200 with a certs-only message.
void append_est_answer(ByteBuffer& out, Bytes certs_only);
[[nodiscard]] Problem problem_for(EstError error);
/// Status, fields and document; the sender closes afterwards.
void append_est_refusal(ByteBuffer& out, EstError error);
void append_est_refusal(ByteBuffer& out, const Problem& problem);

/// A gateway's whole answer.
struct EstResponse {
  unsigned status = 0;
  ByteBuffer certs_only;           ///< of a 200; not looked into
  std::optional<Problem> problem;  ///< of a refusal that explains itself
  friend bool operator==(const EstResponse&, const EstResponse&) = default;
};

inline constexpr std::size_t kMaxEstAnswer = 96U << 10U;

class EstResponseParser {
 public:
  using Outcome = Result<std::optional<EstResponse>, EstError>;
  /// Nullopt: wants more. What follows the answer is ignored. An error is final.
  [[nodiscard]] Outcome feed(Bytes bytes);
  /// The stream ended: a refusal whose document is cut counts without it.
  [[nodiscard]] Result<EstResponse, EstError> finish();

 private:
  [[nodiscard]] Outcome take(Bytes bytes);
  [[nodiscard]] Result<bool, EstError> take_head(const HttpHead& head);
  [[nodiscard]] Outcome settle();

  HeadCollector collector_;
  unsigned interim_ = 0;
  std::optional<EstResponse> response_;  ///< once its head is whole
  std::size_t body_size_ = 0;
  std::string body_;
  std::optional<EstError> error_;
};

}  // namespace sallyport
