#include "common/base/base64.hpp"
#include "common/base/text.hpp"
#include "common/wire/est.hpp"
#include "common/wire/upgrade.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

constexpr unsigned kOk = 200;

EstError error_of(UpgradeError error) {
  if (error == UpgradeError::HeadTooLarge) return EstError::HeadTooLarge;
  return error == UpgradeError::WrongVersion ? EstError::WrongVersion : EstError::Malformed;
}

bool is_of_type(const HttpHead& head, std::string_view wanted) {
  const std::string* type = head.find("content-type");
  return type != nullptr && lower_ascii(std::string_view{*type}.substr(0, type->find_first_of("; "))) == wanted;
}

/// 0: no body that we can read.
std::size_t size_of(const HttpHead& head, std::size_t most) {
  const std::string* length = head.find("content-length");
  if (length == nullptr || head.find("transfer-encoding") != nullptr) return 0;
  return parse_decimal(*length, static_cast<unsigned>(most)).value_or(0);
}

}  // namespace

EstResponseParser::Outcome EstResponseParser::feed(Bytes bytes) {
  if (error_) return fail(*error_);
  auto outcome = take(bytes);
  if (!outcome) error_ = outcome.error();
  return outcome;
}

EstResponseParser::Outcome EstResponseParser::take(Bytes bytes) {
  while (!response_) {
    const auto whole = collector_.take(bytes);
    if (!whole) return fail(error_of(whole.error()));
    if (!*whole) return std::optional<EstResponse>{};
    const auto head = HttpHead::parse(HttpHead::Kind::Response, collector_.text());
    collector_.clear();
    if (!head) return fail(error_of(head.error()));
    if (const auto taken = take_head(*head); !taken) return fail(taken.error());
  }
  body_ += as_text(bytes.first(std::min(bytes.size(), body_size_ - body_.size())));
  if (body_.size() < body_size_) return std::optional<EstResponse>{};
  return settle();
}

/// False: an interim answer, the next head follows.
Result<bool, EstError> EstResponseParser::take_head(const HttpHead& head) {
  if (head.status < kOk) {
    if (++interim_ > kMaxInterimAnswers) return fail(EstError::TooManyInterim);
    return false;
  }
  const bool is_answer = head.status == kOk;
  const bool is_readable = is_of_type(head, is_answer ? "application/pkcs7-mime" : "application/problem+json");
  body_size_ = is_readable ? size_of(head, is_answer ? kMaxEstAnswer : kMaxProblemSize) : 0;
  if (is_answer && body_size_ == 0) return fail(is_readable ? EstError::NoLength : EstError::WrongType);
  response_ = EstResponse{head.status, {}, {}};
  return true;
}

EstResponseParser::Outcome EstResponseParser::settle() {
  if (response_->status == kOk) {
    auto message = from_base64(body_);
    if (!message) return fail(EstError::NotBase64);
    response_->certs_only = std::move(*message);
  } else if (!body_.empty()) {
    response_->problem = parse_problem(as_bytes(body_));
    if (response_->problem) response_->problem->status = response_->status;
  }
  return response_;
}

Result<EstResponse, EstError> EstResponseParser::finish() {
  if (error_) return fail(*error_);
  if (!response_ || response_->status == kOk) return fail(EstError::CutShort);
  return *response_;
}

}  // namespace sallyport
