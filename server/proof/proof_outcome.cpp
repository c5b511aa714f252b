#include "server/proof/proof_outcome.hpp"

namespace sallyport {
namespace {

std::string wait_words(std::chrono::seconds wait) {
  if (wait < std::chrono::minutes{2}) return std::to_string(wait.count()) + " seconds";
  return std::to_string(std::chrono::ceil<std::chrono::minutes>(wait).count()) + " minutes";
}

std::string wrong_code_words(const ProofOutcome& outcome) {
  const std::string what = "That code is wrong, too old, or was used before. ";
  if (outcome.tries_left > 1) return what + std::to_string(outcome.tries_left) + " tries left.";
  if (outcome.tries_left == 1) return what + "One try left.";
  return what + "Wait " + wait_words(outcome.wait) + " before the next try.";
}

}  // namespace

std::string_view name_of(ProofResult result) noexcept {
  switch (result) {
    case ProofResult::Accepted:
      return "accepted";
    case ProofResult::WrongCode:
      return "wrong_code";
    case ProofResult::Wait:
      return "wait";
    case ProofResult::NotEnrolled:
      return "not_enrolled";
    case ProofResult::NotAsked:
      return "not_asked";
    case ProofResult::UnknownMethod:
      return "unknown_method";
    case ProofResult::Busy:
      return "busy";
    case ProofResult::Unavailable:
      return "unavailable";
  }
  return "unavailable";
}

std::string words_for(const ProofOutcome& outcome) {
  switch (outcome.result) {
    case ProofResult::Accepted:
      return "Accepted.";
    case ProofResult::WrongCode:
      return wrong_code_words(outcome);
    case ProofResult::Wait:
      return "Too many wrong codes on this device. Wait " + wait_words(outcome.wait) + " before the next try.";
    case ProofResult::NotEnrolled:
      return "You have no authenticator for this gateway yet. Ask your administrator for one.";
    case ProofResult::NotAsked:
      return "Nothing asks for a code now.";
    case ProofResult::UnknownMethod:
      return "This gateway does not take this kind of code.";
    case ProofResult::Busy:
      return "The code before this one is still being checked. Try again.";
    case ProofResult::Unavailable:
      return "The gateway could not check the code. Try again; if it stays like this, tell your administrator.";
  }
  return "The gateway could not check the code.";
}

}  // namespace sallyport
