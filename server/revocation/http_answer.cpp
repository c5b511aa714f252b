#include "server/revocation/http_answer.hpp"

#include "common/base/text.hpp"
#include "common/base/trimmed.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kMaxValidator = 256;

std::string sendable(std::string_view value) {
  const bool is_plain = std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  return is_plain && value.size() <= kMaxValidator ? std::string{value} : std::string{};
}

}  // namespace

void take_header(std::string_view line, Validators& validators) {
  if (line.starts_with("HTTP/")) {
    validators = {};
    return;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon > kMaxValidator) return;
  const auto name = lower_ascii(line.substr(0, colon));
  if (name == "etag") validators.etag = sendable(trimmed(line.substr(colon + 1)));
  if (name == "last-modified") validators.last_modified = sendable(trimmed(line.substr(colon + 1)));
}

AnswerVerdict judge_answer(long status, std::size_t size, bool was_conditional) {
  constexpr long kOk = 200, kNotModified = 304, kFirstRedirect = 300, kFirstError = 400;
  if (status == kOk && size > 0) return {AnswerKind::Content};
  if (status == kOk) return {AnswerKind::Refused, "the server sent an empty document"};
  if (status == kNotModified && was_conditional) return {AnswerKind::Unchanged};
  const auto number = "HTTP " + std::to_string(status);
  if (status >= kFirstRedirect && status < kFirstError && status != kNotModified)
    return {AnswerKind::Refused, number + ": the server sends elsewhere; write the final address"};
  return {AnswerKind::Refused, "the server answered " + number};
}

}  // namespace sallyport
