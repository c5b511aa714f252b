#include "server/policy/analysis/person_classes.hpp"

#include "server/policy/session_facts.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace sallyport {
namespace {

/// The rules whose `who` includes this person.
std::vector<std::uint32_t> rules_for(const ResolvedPolicy& policy, const std::string& user) {
  const Evidence evidence{.user = UserId{user}};
  const SessionFacts facts{policy, evidence};
  const auto& by_person = policy.rules_by_person;
  std::vector<std::uint32_t> rules = by_person.of_everyone;
  const auto add = [&rules](const std::vector<std::uint32_t>& more) {
    rules.insert(rules.end(), more.begin(), more.end());
  };
  for (std::uint32_t group = 0; group < by_person.of_group.size(); ++group) {
    if (facts.in_group(group)) add(by_person.of_group[group]);
  }
  if (const auto own = by_person.of_user.find(user); own != by_person.of_user.end()) add(own->second);
  std::sort(rules.begin(), rules.end());
  rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
  return rules;
}

}  // namespace

std::vector<PersonClass> classes_of_people(const std::vector<const ResolvedPolicy*>& policies,
                                           const std::vector<std::string>& also) {
  std::set<std::string> people{also.begin(), also.end()};
  for (const auto* policy : policies) {
    for (const auto& [user, groups] : policy->groups_of_user) people.insert(user);
    for (const auto& [user, rules] : policy->rules_by_person.of_user) people.insert(user);
  }
  people.insert("");  // nobody's name: stands for all who are not named
  std::map<std::vector<std::vector<std::uint32_t>>, PersonClass> classes;
  for (const auto& user : people) {
    std::vector<std::vector<std::uint32_t>> rules;
    for (const auto* policy : policies) rules.push_back(rules_for(*policy, user));
    auto& each = classes[rules];
    each.rules = std::move(rules);
    if (user.empty())
      each.everyone_else = true;
    else
      each.people.push_back(user);
  }
  std::vector<PersonClass> list;
  for (auto& [rules, each] : classes) list.push_back(std::move(each));
  return list;
}

}  // namespace sallyport
