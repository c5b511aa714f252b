#include "server/enrolment/enrolment.hpp"

#include <array>

namespace sallyport {
namespace {

struct Row {
  EnrolmentRefusal refusal;
  std::string_view name;
  unsigned status;
  std::string_view reason;
  std::string_view detail;
};

// One and the same answer, whatever is wrong with a token: who tries some learns nothing.
constexpr std::string_view kBadToken = "bad_token";
constexpr std::string_view kAskAnew = "the token is not good; ask your administrator for a new one";

using enum EnrolmentRefusal;
constexpr std::array<Row, kEnrolmentRefusals> kRows{
    Row{NoToken, "no_token", 401, kBadToken, kAskAnew},
    Row{UnknownToken, "unknown_token", 401, kBadToken, kAskAnew},
    Row{TokenExpired, "token_expired", 401, kBadToken, kAskAnew},
    Row{TokenUsedUp, "token_used_up", 401, kBadToken, kAskAnew},
    Row{TokenRevoked, "token_revoked", 401, kBadToken, kAskAnew},
    Row{TokenOfAnother, "token_of_another", 401, kBadToken, kAskAnew},
    Row{BadRequest, "bad_request", 400, "bad_request",
        "the signing request is damaged, is not signed by its own key, or has a key that is not P-256, P-384, "
        "Ed25519 or RSA of 2048 to 4096 bits"},
    Row{DeviceExists, "device_exists", 409, "device_exists",
        "this device is enrolled already; ask your administrator for a token that replaces it"},
    Row{UnknownDevice, "unknown_device", 403, "unknown_device",
        "this gateway does not know this device; ask your administrator to enrol it"},
    Row{WrongUser, "wrong_user", 403, "wrong_user",
        "this device is registered for another person; ask your administrator"},
    Row{DeviceDisabled, "device_disabled", 403, "device_disabled",
        "this device is disabled; ask your administrator to enable it"},
    Row{DeviceRevoked, "device_revoked", 403, "device_revoked",
        "this device was revoked; ask your administrator to enrol it again"},
    Row{StaleCertificate, "stale_certificate", 403, "stale_certificate",
        "a newer certificate was issued for this device; use that one"},
    Row{TooFast, "too_fast", 429, "too_fast", "too many requests; try again later"},
    Row{CannotIssue, "cannot_issue", 503, "cannot_issue",
        "the gateway cannot issue certificates now; tell your administrator"},
    Row{StoreUnavailable, "store_unavailable", 503, "store_unavailable",
        "the gateway cannot use its device records; tell your administrator"},
    Row{AuditUnavailable, "audit_unavailable", 503, "audit_unavailable",
        "the gateway cannot write its audit record; tell your administrator"},
    Row{NotOffered, "not_offered", 404, "not_offered",
        "this gateway renews no certificates; ask your administrator for a new one in time"},
    Row{UserDisabled, "user_disabled", 403, "user_disabled",
        "you are disabled at this gateway, with all your devices; ask your administrator"},
};

/// A row for every enumerator, in its place: looking one up cannot fail.
constexpr bool is_complete() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].refusal) != i) return false;
  }
  return kRows.size() == static_cast<std::size_t>(UserDisabled) + 1;
}
static_assert(is_complete());

const Row& row_of(EnrolmentRefusal refusal) noexcept { return kRows[static_cast<std::size_t>(refusal)]; }

}  // namespace

std::string_view name_of(EnrolmentRefusal refusal) noexcept { return row_of(refusal).name; }

Problem problem_for(EnrolmentRefusal refusal) {
  const Row& row = row_of(refusal);
  return Problem{.status = row.status,
                 .title = {},
                 .detail = std::string{row.detail},
                 .reason = std::string{row.reason},
                 .code = {}};
}

}  // namespace sallyport
