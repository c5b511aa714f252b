#pragma once

#include "server/policy/resolved_policy.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace sallyport {

/// People of whom the same rules may speak.
struct PersonClass {
  std::vector<std::string> people;                ///< named somewhere, sorted
  bool everyone_else = false;                     ///< and all whom no policy names
  std::vector<std::vector<std::uint32_t>> rules;  ///< for each policy: sorted indices
};

/// Everybody, each once, by the rules of `policies` whose `who` includes them. `also` are people to name beside those
/// in groups and rules.
[[nodiscard]] std::vector<PersonClass> classes_of_people(const std::vector<const ResolvedPolicy*>& policies,
                                                         const std::vector<std::string>& also = {});

}  // namespace sallyport
