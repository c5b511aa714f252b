#include "common/wire/problem.hpp"

#include "common/wire/control_json.hpp"

namespace sallyport {
namespace {

struct Refusal {
  unsigned status;
  std::string_view reason;
};

constexpr Refusal refusal_of(UpgradeError error) noexcept {
  switch (error) {
    case UpgradeError::UnknownPath:
      return {404, "unknown_path"};
    case UpgradeError::WrongMethod:
      return {405, "method_not_allowed"};
    case UpgradeError::NoUpgrade:
      return {426, "upgrade_required"};
    case UpgradeError::HeadTooLarge:
      return {431, "head_too_large"};
    case UpgradeError::WrongVersion:
      return {505, "http_version"};
    case UpgradeError::EarlyData:
      return {400, "early_data"};
    case UpgradeError::Malformed:
    case UpgradeError::RepeatedField:
    case UpgradeError::BodyField:
    case UpgradeError::BadHost:
    case UpgradeError::NotConnectionUpgrade:
    case UpgradeError::NotCapsuleProtocol:
    case UpgradeError::TooManyInterim:
    case UpgradeError::CutShort:
      break;
  }
  return {400, "malformed_request"};
}

}  // namespace

std::string_view status_title(unsigned status) noexcept {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Refused";
  }
}

Problem problem_for(UpgradeError error) {
  const Refusal refusal = refusal_of(error);
  return Problem{.status = refusal.status,
                 .title = std::string{status_title(refusal.status)},
                 .detail = std::string{describe(error)},
                 .reason = std::string{refusal.reason},
                 .code = {}};
}

std::string to_json(const Problem& problem) {
  nlohmann::ordered_json object{
      {"type", "about:blank"},
      {"title", problem.title.empty() ? std::string{status_title(problem.status)} : problem.title},
      {"status", problem.status},
      {"detail", problem.detail},
      {"reason", problem.reason}};
  if (!problem.code.empty()) object["code"] = problem.code;
  return dump_control_json(object);
}

std::optional<Problem> parse_problem(Bytes text) {
  const auto object = parse_control_json(text);
  if (!object) return std::nullopt;
  // RFC 9457 section 3.1: a member of the wrong type is ignored.
  const auto member = [&](std::string_view key) { return text_member(*object, key).value_or(std::string{}); };
  return Problem{.status = 0,
                 .title = member("title"),
                 .detail = member("detail"),
                 .reason = member("reason"),
                 .code = member("code")};
}

}  // namespace sallyport
