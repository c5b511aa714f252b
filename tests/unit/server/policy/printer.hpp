#pragma once

#include "server/policy/document.hpp"
#include "server/policy/loader.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace sallyport {

/// The document in its own language; loading the text gives the same meaning.
[[nodiscard]] std::string print_policy(const PolicyDocument& document);

/// The same over several files; what goes where follows from `salt`.
[[nodiscard]] std::vector<PolicyFile> print_policy_files(const PolicyDocument& document, std::size_t count,
                                                         std::uint64_t salt);

}  // namespace sallyport
