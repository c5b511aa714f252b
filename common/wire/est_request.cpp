#include "common/wire/est.hpp"
#include "common/base/base64.hpp"
#include "common/base/text.hpp"
#include "common/wire/upgrade.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport {
namespace {

constexpr std::array kOperations{EstOperation::CaCerts, EstOperation::Enroll, EstOperation::Reenroll};

EstError error_of(UpgradeError error) {
  if (error == UpgradeError::HeadTooLarge) return EstError::HeadTooLarge;
  return error == UpgradeError::WrongVersion ? EstError::WrongVersion : EstError::Malformed;
}

std::optional<EstOperation> operation_of(std::string_view path) {
  const auto found = std::find_if(kOperations.begin(), kOperations.end(),
                                  [path](EstOperation operation) { return path_of(operation) == path; });
  return found == kOperations.end() ? std::nullopt : std::optional{*found};
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

/// Nullopt: nothing that could be credentials of ours.
std::optional<EstCredentials> credentials_of(const HttpHead& head) {
  constexpr std::string_view kScheme = "basic ";
  const std::string* field = head.find("authorization");
  if (field == nullptr || lower_ascii(field->substr(0, kScheme.size())) != kScheme) return std::nullopt;
  const auto decoded = from_base64(std::string_view{*field}.substr(kScheme.size()));
  if (!decoded) return std::nullopt;
  const std::string_view pair = as_text(*decoded);
  const auto colon = pair.find(':');
  if (colon == std::string_view::npos || !is_printable(pair)) return std::nullopt;
  EstCredentials credentials{std::string{pair.substr(0, colon)}, std::string{pair.substr(colon + 1)}};
  const bool fits =
      credentials.user.size() <= kMaxEstUser && !credentials.token.empty() && credentials.token.size() <= kMaxEstToken;
  return fits ? std::optional{std::move(credentials)} : std::nullopt;
}

/// Of a request that carries a signing request; the body is still to come.
Result<std::size_t, EstError> body_size_of(const HttpHead& head) {
  const std::string* length = head.find("content-length");
  if (length == nullptr || head.find("transfer-encoding") != nullptr) return fail(EstError::NoLength);
  const auto size = parse_decimal(*length, 1'000'000'000);
  if (!size || *size > kMaxEstBody) return fail(EstError::BodyTooLarge);
  const std::string* type = head.find("content-type");
  if (type == nullptr ||
      lower_ascii(std::string_view{*type}.substr(0, type->find_first_of("; "))) != "application/pkcs10")
    return fail(EstError::WrongType);
  return *size;
}

}  // namespace

std::string_view path_of(EstOperation operation) noexcept {
  switch (operation) {
    case EstOperation::CaCerts:
      return "/.well-known/est/cacerts";
    case EstOperation::Enroll:
      return "/.well-known/est/simpleenroll";
    case EstOperation::Reenroll:
      return "/.well-known/est/simplereenroll";
  }
  return {};
}

EstRequestParser::Outcome EstRequestParser::feed(Bytes bytes) {
  if (error_) return fail(*error_);
  auto outcome = take(bytes);
  if (!outcome) error_ = outcome.error();
  return outcome;
}

EstRequestParser::Outcome EstRequestParser::take(Bytes bytes) {
  if (!request_) {
    const auto whole = collector_.take(bytes);
    if (!whole) return fail(error_of(whole.error()));
    if (!*whole) return std::optional<EstRequest>{};
    const auto head = HttpHead::parse(HttpHead::Kind::Request, collector_.text());
    if (!head) return fail(error_of(head.error()));
    if (auto taken = take_head(*head); !taken) return fail(taken.error());
  }
  if (bytes.size() > body_size_ - body_.size()) return fail(EstError::Malformed);
  body_ += as_text(bytes);
  if (body_.size() < body_size_) return std::optional<EstRequest>{};
  auto csr = from_base64(body_);
  if (!csr) return fail(EstError::NotBase64);
  request_->csr = std::move(*csr);
  return request_;
}

Result<void, EstError> EstRequestParser::take_head(const HttpHead& head) {
  const auto operation = operation_of(head.target);
  if (!operation) return fail(EstError::UnknownPath);
  const bool has_body = *operation != EstOperation::CaCerts;
  if (head.method != (has_body ? "POST" : "GET")) return fail(has_body ? EstError::PostOnly : EstError::GetOnly);
  const std::string* host = head.find("host");
  if (host == nullptr || !is_authority(*host)) return fail(EstError::Malformed);
  if (!has_body && head.has_body_field()) return fail(EstError::Malformed);
  if (has_body) {
    const auto size = body_size_of(head);
    if (!size) return fail(size.error());
    body_size_ = *size;
  }
  request_ = EstRequest{*operation, credentials_of(head), {}};
  return {};
}

}  // namespace sallyport
