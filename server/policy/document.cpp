#include "server/policy/document.hpp"

namespace sallyport {

std::string_view name_of(RuleKind kind) noexcept { return kind == RuleKind::Allow ? "allow" : "deny"; }

}  // namespace sallyport
