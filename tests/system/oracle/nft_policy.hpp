#pragma once

#include "server/policy/document.hpp"
#include "server/policy/evidence.hpp"

#include <string>
#include <vector>

namespace sallyport::lab {

/// What `document` lets this person do at this moment, as rules for KernelRouter: written from the description of the
/// language and the naive reference, without the engine. In parts that go to it one after the other.
[[nodiscard]] std::vector<std::string> nft_rules(const PolicyDocument& document, const Evidence& evidence,
                                                 WallTime now);

}  // namespace sallyport::lab
