#include "server/policy/policy.hpp"

#include "server/policy/resolver.hpp"
#include "server/policy/rights_compiler.hpp"

#include <utility>

namespace sallyport {

std::shared_ptr<const Policy> Policy::deny_all() {
  auto empty = std::make_unique<ResolvedPolicy>();
  empty->hash = hash_of(empty->document);
  return std::make_shared<const Policy>(std::move(empty));
}

Result<std::shared_ptr<const Policy>, Diagnostics> Policy::compile(PolicyDocument document) {
  auto resolved = resolve(std::move(document));
  if (!resolved) return fail(std::move(resolved.error()));
  return std::make_shared<const Policy>(std::move(*resolved));
}

Policy::Policy(std::unique_ptr<const ResolvedPolicy> resolved) noexcept : resolved_{std::move(resolved)} {}
Policy::~Policy() = default;

std::shared_ptr<const Rights> Policy::rights_for(const Evidence& evidence) const {
  return std::make_shared<const Rights>(RightsCompiler{*resolved_}.compile(evidence), evidence.certificate_expires);
}

std::span<const PolicyRule> Policy::rules() const noexcept { return resolved_->document.rules; }

const PolicyRule* Policy::rule(RuleIndex index) const noexcept {
  const auto position = static_cast<std::uint32_t>(index);
  return position < rules().size() ? &rules()[position] : nullptr;
}

const std::string& Policy::hash() const noexcept { return resolved_->hash; }

}  // namespace sallyport
