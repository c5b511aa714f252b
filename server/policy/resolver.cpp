#include "server/policy/resolver.hpp"

#include "common/base/text.hpp"
#include "server/policy/diagnostic_list.hpp"
#include "server/policy/group_cycles.hpp"
#include "server/policy/limits.hpp"
#include "server/policy/name_index.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace sallyport {
namespace {

constexpr std::string_view kTagPrefix = "tag:";

bool is_user(std::string_view name) { return name.find('@') != std::string_view::npos; }

template <class T>
void sort_unique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

class Resolver {
 public:
  explicit Resolver(PolicyDocument document) : policy_{std::make_unique<ResolvedPolicy>()} {
    policy_->document = std::move(document);
  }

  Result<std::unique_ptr<const ResolvedPolicy>, Diagnostics> run() {
    sort_document();
    refuse_duplicates();
    check_limits();
    NameIndex groups{policy_->document.groups, {"everyone"}};
    resolve_groups(groups);
    index_tags();
    resolve_rules(groups);
    count_posture_names();
    number_guards();
    index_rules_by_person();
    for (auto& cycle : find_group_cycles(policy_->document, policy_->parents)) errors_.push_back(std::move(cycle));
    if (!errors_.empty()) return fail(std::move(errors_));
    policy_->hash = hash_of(policy_->document);
    return std::unique_ptr<const ResolvedPolicy>{std::move(policy_)};
  }

 private:
  void error(const Place& place, std::string message, std::string hint = {}) {
    errors_.push_back(diagnostic_at(policy_->document, place, std::move(message), std::move(hint)));
  }

  void sort_document() {
    auto& document = policy_->document;
    const auto by_name = [](const auto& a, const auto& b) {
      return std::tie(a.name, a.place.file, a.place.line) < std::tie(b.name, b.place.file, b.place.line);
    };
    std::sort(document.groups.begin(), document.groups.end(), by_name);
    std::sort(document.networks.begin(), document.networks.end(), by_name);
    std::sort(document.hours.begin(), document.hours.end(), by_name);
    std::sort(document.postures.begin(), document.postures.end(), by_name);
    std::sort(document.resources.begin(), document.resources.end(), by_name);
    std::sort(document.rules.begin(), document.rules.end(), [&by_name](const PolicyRule& a, const PolicyRule& b) {
      return a.kind != b.kind ? a.kind < b.kind : by_name(a, b);
    });
    for (auto& network : document.networks) sort_unique(network.prefixes);
    for (auto& resource : document.resources) {
      sort_unique(resource.prefixes);
      sort_unique(resource.services);
      sort_unique(resource.tags);
    }
    for (auto& hours : document.hours) sort_unique(hours.hours.windows);
  }

  template <class Items, class Same>
  void refuse_duplicates_of(const Items& items, std::string_view kind, Same same) {
    for (std::size_t i = 1; i < items.size(); ++i) {
      if (!same(items[i - 1], items[i])) continue;
      error(items[i].place,
            std::string{kind} + ' ' + quote(items[i].name) + " is already defined at " +
                to_string(policy_->document, items[i - 1].place),
            "names are shared by all files; rename or remove one of the two");
    }
  }

  void refuse_duplicates() {
    const auto same_name = [](const auto& a, const auto& b) { return a.name == b.name; };
    const auto& document = policy_->document;
    refuse_duplicates_of(document.groups, "group", same_name);
    refuse_duplicates_of(document.networks, "network", same_name);
    refuse_duplicates_of(document.hours, "hours", same_name);
    refuse_duplicates_of(document.postures, "posture", same_name);
    refuse_duplicates_of(document.resources, "resource", same_name);
    refuse_duplicates_of(document.rules, "rule",
                         [](const PolicyRule& a, const PolicyRule& b) { return a.kind == b.kind && a.name == b.name; });
  }

  void check_limits() {
    const auto& document = policy_->document;
    std::size_t prefixes = 0;
    std::size_t expansion = 0;
    for (const auto& network : document.networks) prefixes += network.prefixes.size();
    for (const auto& resource : document.resources) {
      prefixes += resource.prefixes.size();
      expansion += resource.prefixes.size() * resource.services.size();
    }
    refuse_above(document.rules.size(), kMaxPolicyRules, "rules");
    refuse_above(document.tests.size(), kMaxPolicyTests, "tests");
    refuse_above(prefixes, kMaxPolicyPrefixes, "prefixes");
    refuse_above(expansion, kMaxPolicyExpansion, "combinations of prefix and port range");
  }

  void refuse_above(std::size_t count, std::size_t limit, std::string_view what) {
    if (count <= limit) return;
    errors_.push_back(Diagnostic{{},
                                 0,
                                 0,
                                 "the policy has " + std::to_string(count) + ' ' + std::string{what} + "; at most " +
                                     std::to_string(limit) + " are allowed",
                                 {}});
  }

  void resolve_groups(NameIndex& groups) {
    const auto& list = policy_->document.groups;
    policy_->parents.resize(list.size());
    for (std::uint32_t group = 0; group < list.size(); ++group) {
      for (const auto& member : list[group].members) resolve_member(group, member, groups);
    }
  }

  void resolve_member(std::uint32_t group, const NameUse& member, NameIndex& groups) {
    if (member.text == "everyone") return policy_->groups_of_everyone.push_back(group);
    if (is_user(member.text)) return policy_->groups_of_user[member.text].push_back(group);
    if (const auto child = find(groups, member, "group")) policy_->parents[*child].push_back(group);
  }

  void resolve_rules(NameIndex& groups) {
    const auto& document = policy_->document;
    NameIndex networks{document.networks};
    NameIndex hours{document.hours};
    NameIndex postures{document.postures};
    NameIndex resources{document.resources};
    policy_->rules.reserve(policy_->document.rules.size());
    for (const auto& rule : document.rules) {
      ResolvedRule resolved;
      for (const auto& name : rule.who) resolve_who(resolved, name, groups);
      for (const auto& name : rule.to) resolve_to(resolved, rule, name, resources);
      if (rule.from) resolved.from = find_all(networks, *rule.from, "network");
      if (rule.not_from) resolved.not_from = find_all(networks, *rule.not_from, "network");
      if (rule.devices) resolved.devices = texts_of(*rule.devices);
      guards_.push_back(guard_of(rule, postures, hours));
      sort_unique(resolved.groups);
      sort_unique(resolved.users);
      sort_unique(resolved.resources);
      policy_->rules.push_back(std::move(resolved));
    }
    for (const auto& test : document.tests) {
      if (test.posture) (void)find_all(postures, *test.posture, "posture");
    }
  }

  Guard guard_of(const PolicyRule& rule, NameIndex& postures, NameIndex& hours) {
    Guard guard{rule.kind, {}, {}, {}, rule.key_age, rule.proof_age, rule.revocation_age};
    if (rule.posture) guard.posture = find_all(postures, *rule.posture, "posture");
    if (rule.during) guard.during = find_all(hours, *rule.during, "hours");
    if (rule.outside) guard.outside = find_all(hours, *rule.outside, "hours");
    return guard;
  }

  /// A laptop is asked about no more than this, whatever rules are in its reach.
  void count_posture_names() {
    std::set<std::string_view> processes;
    std::set<std::string_view> files;
    for (const auto& posture : policy_->document.postures) {
      processes.insert(posture.check.processes.begin(), posture.check.processes.end());
      files.insert(posture.check.files.begin(), posture.check.files.end());
    }
    refuse_above(processes.size() + files.size(), kMaxPolicyPostureNames,
                 "different processes and files in posture checks");
  }

  void number_guards() {
    policy_->guards = guards_;
    sort_unique(policy_->guards);
    refuse_above(policy_->guards.size(), kMaxPolicyGuards, "different combinations of posture, hours and ages");
    for (std::size_t rule = 0; rule < guards_.size(); ++rule) {
      const auto place = std::lower_bound(policy_->guards.begin(), policy_->guards.end(), guards_[rule]);
      policy_->rules[rule].guard = static_cast<std::uint32_t>(place - policy_->guards.begin());
    }
  }

  void index_rules_by_person() {
    auto& index = policy_->rules_by_person;
    index.of_group.resize(policy_->document.groups.size());
    for (std::uint32_t number = 0; number < policy_->rules.size(); ++number) {
      const auto& rule = policy_->rules[number];
      if (rule.everyone) index.of_everyone.push_back(number);
      for (const auto group : rule.groups) index.of_group[group].push_back(number);
      for (const auto& user : rule.users) index.of_user[user].push_back(number);
      if (rule.devices) policy_->devices_in_rules.insert(rule.devices->begin(), rule.devices->end());
      if (policy_->document.rules[number].kind == RuleKind::Deny) index.of_unknown.push_back(number);
    }
  }

  void index_tags() {
    const auto& resources = policy_->document.resources;
    for (std::uint32_t resource = 0; resource < resources.size(); ++resource) {
      for (const auto& tag : resources[resource].tags) tagged_[tag].push_back(resource);
    }
  }

  void resolve_tag(ResolvedRule& resolved, const NameUse& name) {
    const auto tag = std::string_view{name.text}.substr(kTagPrefix.size());
    const auto found = tagged_.find(tag);
    if (found != tagged_.end()) {
      resolved.resources.insert(resolved.resources.end(), found->second.begin(), found->second.end());
      return;
    }
    std::vector<std::string_view> known;
    for (const auto& [each, resources] : tagged_) known.push_back(each);
    const auto near = closest_match(tag, known);
    error(name.place, "no resource has the tag " + quote(tag),
          near ? "did you mean " + quote(std::string{kTagPrefix} + std::string{*near}) + "?"
               : R"(give a resource tags = ["NAME"])");
  }

  void resolve_who(ResolvedRule& resolved, const NameUse& name, NameIndex& groups) {
    if (name.text == "everyone")
      resolved.everyone = true;
    else if (is_user(name.text))
      resolved.users.push_back(name.text);
    else if (const auto group = find(groups, name, "group"))
      resolved.groups.push_back(*group);
  }

  void resolve_to(ResolvedRule& resolved, const PolicyRule& rule, const NameUse& name, NameIndex& resources) {
    if (name.text.starts_with(kTagPrefix)) return resolve_tag(resolved, name);
    if (name.text != "any") {
      if (const auto resource = find(resources, name, "resource")) resolved.resources.push_back(*resource);
      return;
    }
    resolved.to_any = true;
    if (rule.kind == RuleKind::Allow) {
      error(name.place, R"(an allow rule cannot open "any")", "name the resources; \"any\" is for deny rules");
    }
  }

  std::optional<std::uint32_t> find(NameIndex& index, const NameUse& name, std::string_view kind) {
    const auto found = index.find(name.text);
    if (!found) error(name.place, "no " + std::string{kind} + ' ' + quote(name.text), index.suggestion(name.text));
    return found;
  }

  std::vector<std::uint32_t> find_all(NameIndex& index, const std::vector<NameUse>& names, std::string_view kind) {
    std::vector<std::uint32_t> found;
    for (const auto& name : names) {
      if (const auto item = find(index, name, kind)) found.push_back(*item);
    }
    sort_unique(found);
    return found;
  }

  static std::vector<std::string> texts_of(const std::vector<NameUse>& names) {
    std::vector<std::string> texts;
    texts.reserve(names.size());
    for (const auto& name : names) texts.push_back(name.text);
    sort_unique(texts);
    return texts;
  }

  std::unique_ptr<ResolvedPolicy> policy_;
  std::vector<Guard> guards_;  ///< of each rule
  std::map<std::string, std::vector<std::uint32_t>, std::less<>> tagged_;
  Diagnostics errors_;
};

}  // namespace

Result<std::unique_ptr<const ResolvedPolicy>, Diagnostics> resolve(PolicyDocument document) {
  return Resolver{std::move(document)}.run();
}

}  // namespace sallyport
