#include "server/store/store_error.hpp"

namespace sallyport {

std::string_view name_of(StoreProblem problem) noexcept {
  switch (problem) {
    case StoreProblem::Missing:
      return "missing";
    case StoreProblem::Untrusted:
      return "untrusted";
    case StoreProblem::Foreign:
      return "foreign";
    case StoreProblem::Newer:
      return "newer";
    case StoreProblem::Corrupt:
      return "corrupt";
    case StoreProblem::Busy:
      return "busy";
    case StoreProblem::Unusable:
      return "unusable";
    case StoreProblem::UnknownDevice:
      return "unknown_device";
    case StoreProblem::NotActive:
      return "not_active";
    case StoreProblem::UserDisabled:
      return "user_disabled";
    case StoreProblem::AlreadyEnrolled:
      return "already_enrolled";
    case StoreProblem::Revoked:
      return "revoked";
    case StoreProblem::Exhausted:
      return "exhausted";
    case StoreProblem::Conflict:
      return "conflict";
    case StoreProblem::UnknownToken:
      return "unknown_token";
    case StoreProblem::TokenExpired:
      return "token_expired";
    case StoreProblem::TokenUsedUp:
      return "token_used_up";
    case StoreProblem::TokenRevoked:
      return "token_revoked";
    case StoreProblem::StaleCertificate:
      return "stale_certificate";
    case StoreProblem::Cancelled:
      return "cancelled";
  }
  return "unknown";
}

}  // namespace sallyport
