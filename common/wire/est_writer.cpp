#include "common/base/base64.hpp"
#include "common/wire/est.hpp"
#include "common/wire/upgrade.hpp"

#include <cassert>

namespace sallyport {
namespace {

constexpr std::size_t kLineLength = 64;

/// Lines as `openssl base64 -d` wants them.
std::string in_lines(Bytes octets) {
  const auto text = to_base64(octets);
  std::string lines;
  for (std::size_t at = 0; at < text.size(); at += kLineLength) lines += text.substr(at, kLineLength) + '\n';
  return lines;
}

unsigned status_of(EstError error) noexcept {
  switch (error) {
    case EstError::UnknownPath:
      return 404;
    case EstError::GetOnly:
    case EstError::PostOnly:
      return 405;
    case EstError::NoLength:
      return 411;
    case EstError::BodyTooLarge:
      return 413;
    case EstError::WrongType:
      return 415;
    case EstError::HeadTooLarge:
      return 431;
    case EstError::WrongVersion:
      return 505;
    case EstError::Malformed:
    case EstError::NotBase64:
    case EstError::TooManyInterim:
    case EstError::CutShort:
      break;
  }
  return 400;
}

std::string_view reason_of(unsigned status) noexcept {
  switch (status) {
    case 404:
      return "unknown_path";
    case 405:
      return "method_not_allowed";
    case 411:
      return "length_required";
    case 413:
      return "body_too_large";
    case 415:
      return "wrong_type";
    case 431:
      return "head_too_large";
    case 505:
      return "http_version";
    default:
      return "malformed_request";
  }
}

/// Fields that RFC 9110 asks for beside some statuses (sections 11.6.1, 15.5.6 and 10.2.3).
std::string_view fields_for(unsigned status) noexcept {
  if (status == 401) return "WWW-Authenticate: Basic realm=\"Sallyport enrolment\"\r\nConnection: close\r\n";
  if (status == 429) return "Retry-After: 10\r\nConnection: close\r\n";
  return "Connection: close\r\n";
}

}  // namespace

void append_est_request(ByteBuffer& out, std::string_view authority, const EstRequest& request) {
  assert(is_authority(authority));
  const bool has_body = request.operation != EstOperation::CaCerts;
  std::string text = (has_body ? "POST " : "GET ") + std::string{path_of(request.operation)} + " HTTP/1.1\r\nHost: ";
  text += std::string{authority} + "\r\n";
  if (request.credentials) {
    const auto pair = request.credentials->user + ':' + request.credentials->token;
    text += "Authorization: Basic " + to_base64(as_bytes(pair)) + "\r\n";
  }
  const auto body = in_lines(request.csr);
  if (has_body) {
    text += "Content-Type: application/pkcs10\r\nContent-Transfer-Encoding: base64\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n";
  }
  append(out, as_bytes(text + "\r\n"));
  if (has_body) append(out, as_bytes(body));
}

void append_est_answer(ByteBuffer& out, Bytes certs_only) {
  const auto body = in_lines(certs_only);
  append(out, as_bytes("HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime; smime-type=certs-only\r\n"
                       "Content-Transfer-Encoding: base64\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n"));
  append(out, as_bytes(body));
}

Problem problem_for(EstError error) {
  const unsigned status = status_of(error);
  return Problem{.status = status,
                 .title = {},
                 .detail = std::string{describe(error)},
                 .reason = std::string{reason_of(status)},
                 .code = {}};
}

void append_est_refusal(ByteBuffer& out, EstError error) {
  const auto problem = problem_for(error);
  if (error == EstError::GetOnly) return append_refusal(out, problem, "Allow: GET\r\nConnection: close\r\n");
  if (error == EstError::PostOnly) return append_refusal(out, problem, "Allow: POST\r\nConnection: close\r\n");
  append_est_refusal(out, problem);
}

void append_est_refusal(ByteBuffer& out, const Problem& problem) {
  append_refusal(out, problem, fields_for(problem.status));
}

}  // namespace sallyport
