#pragma once

#include "server/policy/policy.hpp"

#include <string>

namespace sallyport {

/// A question, for comparing the engine with the naive reference.
struct OracleCase {
  PolicyDocument document;
  Evidence evidence;
  Destination destination;
  WallTime now;
};

/// Everything that the answer follows from, for a person.
[[nodiscard]] std::string words_of(const PolicyDocument& document, const Evidence& evidence,
                                   const Destination& destination, WallTime now);

/// Whether `decision`, given by `policy`, is what the reference says: verdict, reason, rules and, when asked, the exact
/// end of the answer.
[[nodiscard]] bool is_right(const Decision& decision, const Policy& policy, const PolicyDocument& document,
                            const Evidence& evidence, const Destination& destination, WallTime now, bool with_validity);

}  // namespace sallyport
