#include "tests/unit/server/policy/simpler_cases.hpp"

#include <utility>

namespace sallyport {
namespace {

/// Collects what is left of a case after one step.
class Simplifier {
 public:
  explicit Simplifier(const OracleCase& from) : from_{from} {}

  std::vector<OracleCase> run() {
    without_items(&PolicyDocument::rules);
    without_items(&PolicyDocument::resources);
    without_items(&PolicyDocument::groups);
    without_items(&PolicyDocument::networks);
    without_items(&PolicyDocument::hours);
    without_items(&PolicyDocument::postures);
    for (std::size_t i = 0; i < from_.document.rules.size(); ++i) simplify_rule(i);
    for (std::size_t i = 0; i < from_.document.resources.size(); ++i) simplify_resource(i);
    for (std::size_t i = 0; i < from_.document.groups.size(); ++i)
      without_elements(
          [i](OracleCase & each) -> auto& { return each.document.groups[i].members; }, 0);
    simplify_evidence();
    return std::move(found_);
  }

 private:
  template <class Change>
  void offer(Change change) {
    OracleCase next = from_;
    change(next);
    if (Policy::compile(next.document)) found_.push_back(std::move(next));
  }

  /// Half of them first: most of a policy has nothing to do with a fault.
  template <class Items>
  void without_items(Items PolicyDocument::*list) {
    const std::size_t size = (from_.document.*list).size();
    for (std::size_t count = size; count > 0; count /= 2) {
      for (std::size_t first = 0; first + count <= size; first += count) {
        offer([&](OracleCase& next) {
          auto& items = next.document.*list;
          const auto begin = items.begin() + static_cast<std::ptrdiff_t>(first);
          items.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
        });
      }
    }
  }

  template <class ListOf>
  void without_elements(ListOf list_of, std::size_t least) {
    OracleCase copy = from_;
    const std::size_t size = list_of(copy).size();
    for (std::size_t i = 0; i < size && size > least; ++i) {
      offer([&](OracleCase& next) {
        auto& list = list_of(next);
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
      });
    }
  }

  /// Sets a field of a rule to what it is when nothing is written, unless it is that already.
  template <class Field>
  void reset(std::size_t rule, Field PolicyRule::*field) {
    static const PolicyRule kPlain;
    if constexpr (requires { (kPlain.*field).has_value(); }) {
      if (!(from_.document.rules[rule].*field).has_value()) return;
    } else {
      if (from_.document.rules[rule].*field == kPlain.*field) return;
    }
    offer([&](OracleCase& next) { next.document.rules[rule].*field = kPlain.*field; });
  }

  void simplify_rule(std::size_t i) {
    reset(i, &PolicyRule::from);
    reset(i, &PolicyRule::not_from);
    reset(i, &PolicyRule::devices);
    reset(i, &PolicyRule::posture);
    reset(i, &PolicyRule::during);
    reset(i, &PolicyRule::outside);
    reset(i, &PolicyRule::key_age);
    reset(i, &PolicyRule::proof_age);
    reset(i, &PolicyRule::revocation_age);
    reset(i, &PolicyRule::until);
    reset(i, &PolicyRule::log);
    reset(i, &PolicyRule::rollout);
    reset(i, &PolicyRule::why);
    without_elements(
        [i](OracleCase & each) -> auto& { return each.document.rules[i].who; }, 1);
    without_elements(
        [i](OracleCase & each) -> auto& { return each.document.rules[i].to; }, 1);
    const auto& who = from_.document.rules[i].who;
    if (who.size() == 1 && who[0].text == "everyone") return;
    offer([&](OracleCase& next) { next.document.rules[i].who = {NameUse{"everyone", {}}}; });
  }

  void simplify_resource(std::size_t i) {
    without_elements(
        [i](OracleCase & each) -> auto& { return each.document.resources[i].prefixes; }, 1);
    without_elements(
        [i](OracleCase & each) -> auto& { return each.document.resources[i].services; }, 1);
    without_elements(
        [i](OracleCase & each) -> auto& { return each.document.resources[i].tags; }, 0);
  }

  void simplify_evidence() {
    const auto& evidence = from_.evidence;
    if (evidence.certificate_expires != kNever)
      offer([](OracleCase& next) { next.evidence.certificate_expires = kNever; });
    if (evidence.key_proved) offer([](OracleCase& next) { next.evidence.key_proved.reset(); });
    if (evidence.user_proved) offer([](OracleCase& next) { next.evidence.user_proved.reset(); });
    if (evidence.revocation_as_of) offer([](OracleCase& next) { next.evidence.revocation_as_of.reset(); });
    if (evidence.posture.report || evidence.posture.satisfied)
      offer([](OracleCase& next) { next.evidence.posture = {}; });
    if (!evidence.hours_known) offer([](OracleCase& next) { next.evidence.hours_known = true; });
  }

  const OracleCase& from_;
  std::vector<OracleCase> found_;
};

}  // namespace

std::vector<OracleCase> simpler_cases(const OracleCase& from) { return Simplifier{from}.run(); }

}  // namespace sallyport
