#pragma once

#include <optional>
#include <string_view>

namespace sallyport {

/// Whether what `nft -j list ruleset` printed closes this laptop to what nobody asked for, in IPv4 and, if the system
/// has it, in IPv6: a base chain of type filter at the hook input that drops or rejects what reaches its end, by its
/// policy or by a rule without a condition, before any rule that accepts without one. Jumps without a condition are
/// followed; one that leads too far is no wall. What rules with a condition, and the chains they jump to, let in is not
/// judged: somebody opened that on purpose. Nullopt: not what nft prints.
[[nodiscard]] std::optional<bool> has_input_wall(std::string_view json, bool has_ipv6);

}  // namespace sallyport
