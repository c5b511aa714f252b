#include "server/policy/report/rule_spans.hpp"

#include <map>
#include <utility>

namespace sallyport {
namespace {

/// A resource by which the rule covers all of it is enough to say.
void speak(RuleSpan& known, const Overlap& overlap, std::uint32_t through) {
  const bool is_settled = known.whole && !known.through.empty();
  if (is_settled) return;
  if (overlap.whole) known.through.clear();
  known.whole = overlap.whole;
  known.through.push_back(through);
}

}  // namespace

RuleSpans::RuleSpans(const ResolvedPolicy& policy)
    : policy_{policy}, overlaps_{policy.document.resources}, known_(policy.rules.size()) {}

void RuleSpans::for_each(std::uint32_t rule, const std::function<void(const RuleSpan&)>& visit) {
  if (policy_.rules[rule].to_any) {
    for (std::uint32_t i = 0; i < policy_.document.resources.size(); ++i) visit(RuleSpan{i, true, {}});
    return;
  }
  auto& known = known_[rule];
  if (known) {
    for (const auto& span : *known) visit(span);
    return;
  }
  auto found = find(rule);
  for (const auto& span : found) visit(span);
  remembered_ += found.size();
  if (remembered_ <= kMaxRemembered) known = std::move(found);
}

std::vector<RuleSpan> RuleSpans::find(std::uint32_t rule) {
  const auto& named = policy_.rules[rule].resources;
  std::map<std::uint32_t, RuleSpan> spans;
  for (const auto resource : named) {
    for (const auto& overlap : overlaps_.of(resource)) speak(spans[overlap.resource], overlap, resource);
  }
  for (const auto resource : named) spans[resource] = RuleSpan{};
  std::vector<RuleSpan> found;
  for (auto& [resource, span] : spans) {
    span.resource = resource;
    if (span.through.size() > 1) span.whole = overlaps_.lies_in(resource, span.through);
    found.push_back(std::move(span));
  }
  return found;
}

}  // namespace sallyport
