#include "server/policy/rule_reference.hpp"

namespace sallyport {

std::string name_of(const RuleReference& rule) { return '[' + std::string{name_of(rule.kind)} + '.' + rule.name + ']'; }

std::optional<RuleReference> reference_to(const Policy& policy, RuleIndex index) {
  const auto* rule = policy.rule(index);
  if (rule == nullptr) return std::nullopt;
  const auto& files = policy.resolved().document.files;
  return RuleReference{rule->kind, rule->name, rule->place.file < files.size() ? files[rule->place.file] : "",
                       rule->place.line};
}

}  // namespace sallyport
