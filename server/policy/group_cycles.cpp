#include "server/policy/group_cycles.hpp"

#include "common/base/text.hpp"
#include "server/policy/diagnostic_list.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace sallyport {
namespace {

constexpr std::size_t kMaxShownChain = 8;

/// Groups that are members of themselves, through others or not, or that contain such a group: what remains when
/// groups without a remaining member are taken away.
std::vector<bool> entangled_groups(const std::vector<std::vector<std::uint32_t>>& parents) {
  std::vector<std::size_t> members(parents.size(), 0);
  for (const auto& list : parents) {
    for (const auto parent : list) ++members[parent];
  }
  std::vector<std::uint32_t> free;
  for (std::uint32_t group = 0; group < parents.size(); ++group) {
    if (members[group] == 0) free.push_back(group);
  }
  std::vector<bool> entangled(parents.size(), true);
  while (!free.empty()) {
    const auto group = free.back();
    free.pop_back();
    entangled[group] = false;
    for (const auto parent : parents[group]) {
      if (--members[parent] == 0) free.push_back(parent);
    }
  }
  return entangled;
}

std::string describe_chain(const PolicyDocument& document, const std::vector<std::uint32_t>& chain) {
  const auto name = [&](std::uint32_t group) { return escape_untrusted(document.groups[group].name, 64); };
  std::string text;
  for (std::size_t i = 0; i < std::min(chain.size(), kMaxShownChain); ++i) {
    text += name(chain[i]) + " -> ";
  }
  if (chain.size() > kMaxShownChain) text += "... -> ";
  return text + name(chain.front());
}

}  // namespace

Diagnostics find_group_cycles(const PolicyDocument& document, const std::vector<std::vector<std::uint32_t>>& parents) {
  const auto entangled = entangled_groups(parents);
  std::vector<std::uint32_t> member(parents.size());  // one entangled member of each entangled group
  for (std::uint32_t group = 0; group < parents.size(); ++group) {
    if (!entangled[group]) continue;
    for (const auto parent : parents[group]) member[parent] = group;
  }
  Diagnostics found;
  std::vector<std::uint32_t> walked_in(parents.size(), 0);  // number of the walk that came by; 0 = none
  for (std::uint32_t start = 0; start < parents.size(); ++start) {
    if (!entangled[start] || walked_in[start] != 0) continue;
    std::vector<std::uint32_t> walk;
    std::uint32_t group = start;
    for (; walked_in[group] == 0; group = member[group]) {
      walked_in[group] = start + 1;
      walk.push_back(group);
    }
    if (walked_in[group] != start + 1) continue;
    walk.erase(walk.begin(), std::find(walk.begin(), walk.end(), group));
    std::rotate(walk.begin(), std::min_element(walk.begin(), walk.end()), walk.end());
    const auto& first = document.groups[walk.front()];
    found.push_back(diagnostic_at(document, first.place, "group " + quote(first.name) + " contains itself",
                                  describe_chain(document, walk)));
  }
  return found;
}

}  // namespace sallyport
