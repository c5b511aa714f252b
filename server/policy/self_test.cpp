#include "server/policy/self_test.hpp"

#include "server/policy/diagnostic_list.hpp"
#include "server/policy/resolved_policy.hpp"
#include "server/policy/targets.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace sallyport {
namespace {

class SelfTest {
 public:
  explicit SelfTest(const Policy& policy) : policy_{policy}, document_{policy.resolved().document} {}

  Diagnostics run() {
    for (const auto index : order_by_evidence()) {
      const auto& test = document_.tests[index];
      use_rights_of(test);
      for (const auto& target : test.can) check(test, target, Verdict::Allow);
      for (const auto& target : test.cannot) check(test, target, Verdict::Deny);
    }
    return std::move(failures_);
  }

 private:
  static auto evidence_key(const PolicyTest& test) { return std::tie(test.as, test.device, test.from); }

  /// Tests of one person follow each other, so that their rights are compiled once.
  std::vector<std::size_t> order_by_evidence() const {
    std::vector<std::size_t> order(document_.tests.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
      return evidence_key(document_.tests[a]) < evidence_key(document_.tests[b]);
    });
    return order;
  }

  void use_rights_of(const PolicyTest& test) {
    if (current_ != nullptr && evidence_key(*current_) == evidence_key(test)) return;
    current_ = &test;
    rights_ = policy_.rights_for(Evidence{UserId{test.as}, DeviceId{test.device}, test.from, kNever});
  }

  void check(const PolicyTest& test, const NameUse& target, Verdict expected) {
    const auto destinations = expand_target(policy_, target.text);
    if (!destinations) return fail_at(target.place, destinations.error().message, destinations.error().hint);
    for (const auto& destination : *destinations) {
      const auto decision = rights_->judge(destination, test.at);
      if (decision.verdict != expected) return report(test, target, destination, decision);
    }
  }

  void report(const PolicyTest& test, const NameUse& target, const Destination& destination, const Decision& decision) {
    const auto address = to_string(destination);
    std::string message = "test failed: " + test.as + (decision.allows() ? " can reach " : " cannot reach ");
    message += quote(target.text);
    if (address != target.text) message += " at " + address;
    fail_at(target.place, std::move(message), reason_of(decision));
  }

  std::string reason_of(const Decision& decision) const {
    const auto* rule = policy_.rule(decision.rule);
    if (rule == nullptr) return std::string{describe(decision.reason)};
    return '[' + std::string{name_of(rule->kind)} + '.' + rule->name + "] at " + to_string(document_, rule->place) +
           (decision.allows() ? " allows it" : " denies it");
  }

  void fail_at(const Place& place, std::string message, std::string hint) {
    failures_.push_back(diagnostic_at(document_, place, std::move(message), std::move(hint)));
  }

  const Policy& policy_;
  const PolicyDocument& document_;
  const PolicyTest* current_ = nullptr;
  std::shared_ptr<const Rights> rights_;
  Diagnostics failures_;
};

}  // namespace

Diagnostics run_policy_tests(const Policy& policy) { return SelfTest{policy}.run(); }

}  // namespace sallyport
