#include "server/policy/analysis/known_people.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport {
namespace {

constexpr std::size_t kShortName = 4;

/// "ana" and "example.com"
std::pair<std::string_view, std::string_view> parts_of(std::string_view user) {
  const auto at = user.find('@');
  if (at == std::string_view::npos) return {user, {}};
  return {user.substr(0, at), user.substr(at + 1)};
}

std::set<std::string_view> people_of(const ResolvedPolicy& policy) {
  std::set<std::string_view> people;
  for (const auto& [user, groups] : policy.groups_of_user) people.insert(user);
  for (const auto& [user, rules] : policy.rules_by_person.of_user) people.insert(user);
  return people;
}

}  // namespace

bool is_named(const ResolvedPolicy& policy, const std::string& user) {
  return policy.groups_of_user.contains(user) || policy.rules_by_person.of_user.contains(user);
}

std::optional<std::string> likely_meant(const ResolvedPolicy& policy, const std::string& user) {
  const auto [name, domain] = parts_of(user);
  std::vector<std::string_view> names;
  std::vector<std::string_view> domains;
  for (const auto each : people_of(policy)) {
    const auto [other, other_domain] = parts_of(each);
    if (other_domain == domain && other != name && std::max(name.size(), other.size()) >= kShortName)
      names.push_back(other);
    if (other == name && other_domain != domain) domains.push_back(other_domain);
  }
  if (const auto near = closest_match(name, names)) return std::string{*near} + '@' + std::string{domain};
  if (const auto near = closest_match(domain, domains)) return std::string{name} + '@' + std::string{*near};
  return std::nullopt;
}

}  // namespace sallyport
