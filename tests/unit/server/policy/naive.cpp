#include "tests/unit/server/policy/naive.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace sallyport {
namespace {

enum class Answer { No, Yes, Unknown };

/// Principle 6.
bool holds(Answer answer, const PolicyRule& rule) {
  if (answer == Answer::Unknown) return rule.kind == RuleKind::Deny;
  return answer == Answer::Yes;
}

bool is_member(const PolicyDocument& document, const std::string& user, const std::string& name) {
  if (name == "everyone") return true;
  if (name.find('@') != std::string::npos) return !user.empty() && name == user;
  for (const auto& group : document.groups) {
    if (group.name != name) continue;
    for (const auto& member : group.members) {
      if (is_member(document, user, member.text)) return true;
    }
  }
  return false;
}

Answer asks_who(const PolicyDocument& document, const PolicyRule& rule, const Evidence& evidence) {
  for (const auto& name : rule.who) {
    if (is_member(document, evidence.user.text(), name.text)) return Answer::Yes;
  }
  return evidence.user.empty() ? Answer::Unknown : Answer::No;
}

Answer asks_device(const PolicyRule& rule, const Evidence& evidence) {
  if (!rule.devices) return Answer::Yes;
  if (evidence.device.empty()) return Answer::Unknown;
  for (const auto& device : *rule.devices) {
    if (device.text == evidence.device.text()) return Answer::Yes;
  }
  return Answer::No;
}

bool is_unknown(const IpAddress& address) {
  const auto text = address.to_string();
  return text == "0.0.0.0" || text == "::";
}

Answer is_within(const PolicyDocument& document, const std::vector<NameUse>& names, const IpAddress& source) {
  if (is_unknown(source)) return Answer::Unknown;
  for (const auto& name : names) {
    for (const auto& network : document.networks) {
      if (network.name != name.text) continue;
      for (const auto& prefix : network.prefixes) {
        if (prefix.contains(source)) return Answer::Yes;
      }
    }
  }
  return Answer::No;
}

Answer negated(Answer answer) {
  if (answer == Answer::Unknown) return Answer::Unknown;
  return answer == Answer::Yes ? Answer::No : Answer::Yes;
}

bool opens(const ServiceRange& services, const Destination& destination) {
  const unsigned first_protocol = services.first / 65536;
  const unsigned last_protocol = services.last / 65536;
  if (first_protocol == 0 && last_protocol == 255) return true;
  if (first_protocol == 1) return destination.protocol == (destination.address.is_v4() ? 1 : 58);
  return destination.protocol == first_protocol && destination.port >= services.first % 65536 &&
         destination.port <= services.last % 65536;
}

bool leads_to(const PolicyDocument& document, const PolicyRule& rule, const Destination& destination) {
  for (const auto& name : rule.to) {
    if (name.text == "any") return true;
    for (const auto& resource : document.resources) {
      if (resource.name != name.text) continue;
      for (const auto& prefix : resource.prefixes) {
        if (!prefix.contains(destination.address)) continue;
        for (const auto& services : resource.services) {
          if (opens(services, destination)) return true;
        }
      }
    }
  }
  return false;
}

bool matches(const PolicyDocument& document, const PolicyRule& rule, const Evidence& evidence,
             const Destination& destination, WallTime now) {
  if (rule.until && now >= *rule.until) return false;
  if (rule.from && !holds(is_within(document, *rule.from, evidence.source), rule)) return false;
  if (rule.not_from && !holds(negated(is_within(document, *rule.not_from, evidence.source)), rule)) return false;
  return holds(asks_device(rule, evidence), rule) && leads_to(document, rule, destination) &&
         holds(asks_who(document, rule, evidence), rule);
}

bool lasts_longer(const PolicyRule& a, const PolicyRule& b) {
  const auto end_a = a.until.value_or(kNever);
  const auto end_b = b.until.value_or(kNever);
  return end_a != end_b ? end_a > end_b : a.name < b.name;
}

}  // namespace

NaiveAnswer naive_judge(const PolicyDocument& document, const Evidence& evidence, const Destination& destination,
                        WallTime now) {
  if (now >= evidence.certificate_expires) return {DecisionReason::CertificateExpired, nullptr};
  if (document.rules.empty()) return {DecisionReason::NoPolicy, nullptr};
  const PolicyRule* allow = nullptr;
  const PolicyRule* deny = nullptr;
  for (const auto& rule : document.rules) {
    const PolicyRule*& best = rule.kind == RuleKind::Allow ? allow : deny;
    if (best != nullptr && !lasts_longer(rule, *best)) continue;
    if (matches(document, rule, evidence, destination, now)) best = &rule;
  }
  if (deny != nullptr) return {DecisionReason::DeniedByRule, deny};
  if (allow != nullptr) return {DecisionReason::Allowed, allow};
  return {DecisionReason::NoRule, nullptr};
}

WallTime naive_valid_until(const PolicyDocument& document, const Evidence& evidence, const Destination& destination,
                           WallTime now) {
  std::set<WallTime> dates{evidence.certificate_expires};
  for (const auto& rule : document.rules) {
    if (rule.until) dates.insert(*rule.until);
  }
  const auto answer = naive_judge(document, evidence, destination, now);
  for (const auto date : dates) {
    if (date > now && !(naive_judge(document, evidence, destination, date) == answer)) return date;
  }
  return kNever;
}

}  // namespace sallyport
