#include "common/base/text.hpp"
#include "common/wire/upgrade.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

/// Size of the problem document that follows; 0 when there is none we can read.
std::size_t document_size(const HttpHead& head) {
  const std::string* type = head.find("content-type");
  const std::string* length = head.find("content-length");
  if (type == nullptr || length == nullptr || head.find("transfer-encoding") != nullptr) return 0;
  if (lower_ascii(std::string_view{*type}.substr(0, type->find(';'))) != "application/problem+json") return 0;
  const auto size = parse_decimal(*length, kMaxProblemSize);
  return size.value_or(0);
}

}  // namespace

UpgradeResponseParser::Outcome UpgradeResponseParser::feed(Bytes bytes) {
  if (error_) return fail(*error_);
  Outcome outcome = refusal_ ? take_body(bytes) : take_heads(bytes);
  if (!outcome) error_ = outcome.error();
  rest_ = bytes;
  return outcome;
}

UpgradeResponseParser::Outcome UpgradeResponseParser::take_heads(Bytes& bytes) {
  for (;;) {
    const auto whole = head_.take(bytes);
    if (!whole) return fail(whole.error());
    if (!*whole) return std::nullopt;
    const auto head = HttpHead::parse(HttpHead::Kind::Response, head_.text());
    head_.clear();
    if (!head) return fail(head.error());
    auto outcome = take_head(*head);
    if (!outcome || *outcome) return outcome;
    if (refusal_) return take_body(bytes);
  }
}

UpgradeResponseParser::Outcome UpgradeResponseParser::take_head(const HttpHead& head) {
  if (head.status == 101) {
    if (head.has_body_field()) return fail(UpgradeError::BodyField);
    if (const auto fault = head.fault_in_upgrade()) return fail(*fault);
    const std::string* extensions = head.find("sallyport-extensions");
    return UpgradeResponse{101, extensions == nullptr ? Extensions{} : parse_extensions(*extensions), std::nullopt};
  }
  if (head.status < 200) {
    if (++interim_ > kMaxInterimAnswers) return fail(UpgradeError::TooManyInterim);
    return std::nullopt;
  }
  UpgradeResponse refusal{head.status, {}, std::nullopt};
  body_size_ = document_size(head);
  if (body_size_ == 0) return refusal;
  refusal_ = std::move(refusal);
  return std::nullopt;
}

UpgradeResponseParser::Outcome UpgradeResponseParser::take_body(Bytes& bytes) {
  const Bytes piece = bytes.first(std::min(bytes.size(), body_size_ - body_.size()));
  append(body_, piece);
  bytes = bytes.subspan(piece.size());
  if (body_.size() < body_size_) return std::nullopt;
  refusal_->problem = parse_problem(body_);
  if (refusal_->problem) refusal_->problem->status = refusal_->status;
  return *refusal_;
}

Result<UpgradeResponse, UpgradeError> UpgradeResponseParser::finish() {
  if (error_) return fail(*error_);
  if (!refusal_) return fail(UpgradeError::CutShort);
  return *refusal_;
}

}  // namespace sallyport
