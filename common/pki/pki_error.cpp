#include "common/pki/pki_error.hpp"

namespace sallyport {

std::string_view token_reason(PkiProblem problem) noexcept {
  switch (problem) {
    case PkiProblem::BadUri:
      return "bad_uri";
    case PkiProblem::TokenModule:
      return "token_module";
    case PkiProblem::TokenAbsent:
      return "token_absent";
    case PkiProblem::TokenAmbiguous:
      return "token_ambiguous";
    case PkiProblem::PinNeeded:
      return "pin_needed";
    case PkiProblem::PinWrong:
      return "pin_wrong";
    case PkiProblem::PinLocked:
      return "pin_locked";
    case PkiProblem::KeyAbsent:
      return "key_absent";
    case PkiProblem::KeyAmbiguous:
      return "key_ambiguous";
    case PkiProblem::KeyUnsuitable:
      return "key_unsuitable";
    case PkiProblem::TokenSilent:
      return "token_silent";
    case PkiProblem::TokenFailed:
      return "token_failed";
    case PkiProblem::Malformed:
    case PkiProblem::Unsupported:
    case PkiProblem::WeakKey:
    case PkiProblem::BadSignature:
    case PkiProblem::BadName:
    case PkiProblem::OutsideAuthority:
    case PkiProblem::File:
    case PkiProblem::Library:
      return {};
  }
  return {};
}

PkiError token_is_silent() {
  return {PkiProblem::TokenSilent,
          "the token with this device's key gave no answer in time; take it out and put it back in"};
}

bool may_pass(PkiProblem problem) noexcept {
  return problem == PkiProblem::TokenAbsent || problem == PkiProblem::TokenFailed || problem == PkiProblem::KeyAbsent;
}

}  // namespace sallyport
